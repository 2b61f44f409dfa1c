#!/bin/sh
# Archives through dedup into a folder: what is left of each is what went in without the copies,
# entry by entry, with all that is known of them; and nothing comes of those that are not whole.
#
#   check_archives.sh TOOL        zip archives are left out, by name, where there is no python3
set -u

tool=$1
make_zip=$(cd "$(dirname "$0")" && pwd)/make_zip.py
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
failed=0
fail() { echo "failed: $*"; failed=1; }
dedup() { "$tool" dedup -q --no-progress "$@"; }
# unpacked FILE
unpacked() { case $1 in *.tar) cat "$1" ;; *gz) gzip -dc "$1" ;; *.zst) zstd -qdc "$1" ;; esac; }
# refused WORDS DEDUP-OPTION...
refused()
{
    words=$1; shift
    dedup "$@" 2>message && fail "$what: dedup $*"
    grep -qe "$words" message || { cat message; fail "$what: message of dedup $*"; }
}

# Every third text is an edited copy of the one before it; 2 and z2 are one.
mkdir whole
long=$(awk 'BEGIN { for (i = 0; i < 15; i++) printf "a_long_name_" }')
awk -v long="$long" 'BEGIN {
    for (i = 1; i < 25; i++) {
        of = i % 3 == 0 ? i - 1 : i
        text = "begin"
        for (w = 0; w < 60; w++) text = text " w" (of * 7919 + w * w * 31) % 5003
        if (of < i) text = text " end"
        name = i < 10 ? "whole/" i ".txt" : i < 16 ? "whole/" i ".html" : i < 19 ? "whole/" long i ".txt" : ""
        if (name != "") print text >name
        else printf "{\"id\":\"r%d\",\"text\":\"%s\"}\n", i, text >"whole/records.jsonl"
        if (i > 18) printf "{\"id\":\"p%d\",\"text\":\"more %s\"}\n", i, text >"packed"
        if (i > 18) printf "%d,\"row, %s\nof its own %d\"\n", i, text, i >"rows"
    }
}'
printf 'no document\000\001' >whole/data.bin
{ printf '\357\273\277id,text\n'; cat rows; } >whole/rows.csv
{ echo '[{"id":"a1","text":"one that is alone in all of this"},'; sed 's/"id":"p/"id":"a/; s/$/,/' packed; echo '{}]'; } >whole/array.json
sed 's/"id":"p/"id":"q/; s/more/less of/' packed >whole/lines.jsonl; gzip -n <packed >whole/packed.jsonl.gz
cp whole/2.txt whole/z2.txt; mkdir whole/empty; ln -s 1.txt whole/symbolic
touch -d '2020-02-03 04:05:06' whole/* && chmod 640 whole/5.txt

# without_copies FOLDER: takes what removed.jsonl names out of it, by the names in the archive.
without_copies()
{
    grep -o '"id":"[^"]*"' removed.jsonl | cut -d'"' -f4 | sort >gone
    while read -r id; do
        case $id in
        in/*) rm "$1/${id#in/a.*/}" || fail "$id is no entry" ;;
        *) awk -v RS='\n' -v id="\"id\":\"$id\"" 'index($0, id) == 0' "$1/records.jsonl" >one && cat one >"$1/records.jsonl"
            awk -v id="\"id\":\"$id\"" 'index($0, id) == 0' "$1/lines.jsonl" >one && cat one >"$1/lines.jsonl" ;;
        esac
    done <gone
    # These as the tool writes them as files.
    for file in packed.jsonl.gz rows.csv array.json; do cp -p files/whole/$file "$1/$file" 2>/dev/null || cp -p files/$file "$1/$file"; done
}
compare() # FOLDER FOLDER
{
    gzip -dc <"$1/packed.jsonl.gz" >"$1/packed"; gzip -dc <"$2/packed.jsonl.gz" >"$2/packed"
    diff -r --exclude=packed.jsonl.gz "$1" "$2" || fail "$what: other files"
    (cd "$1" && find . -type f ! -name packed -printf '%p %m %T@\n' | sort) >1
    (cd "$2" && find . -type f ! -name packed -printf '%p %m %T@\n' | sort) >2
    sed -i 's/[.][0-9]*$//' 1 2; cmp 1 2 || { diff 1 2; fail "$what: other modes or times"; }
}

dedup --keep first -o files/ whole || fail 'files'
for kind in 'gnu tar' 'gnu tgz' 'posix tar' 'posix tar.zst' 'ustar tar.gz'; do
    format=${kind% *} what=$kind
    rm -rf in out got left 2>/dev/null; mkdir in got
    if [ $format = ustar ]; then exclude="--exclude=${long}*"; else exclude=--exclude=; fi
    (cd whole && tar --format=$format $exclude --sort=name -caf ../in/a.${kind#* } .) || fail "$what: tar"
    dedup --keep first --removed removed.jsonl -o out/ in || fail "$what: dedup"
    tar -xf out/a.${kind#* } -C got || fail "$what: extract"
    cp -a whole left; [ $format != ustar ] || rm left/${long}*
    without_copies left; [ $(wc -l <gone) -gt 20 ] || fail "$what: only $(wc -l <gone) were removed"
    touch -d '2020-02-03 04:05:06' left/*; compare left got
    dedup --keep first -o one.tar.gz in/a.${kind#* } || fail "$what: one file"
    unpacked out/a.${kind#* } >folder.tar; gzip -dc one.tar.gz | cmp - folder.tar || fail "$what: one file"
    rm -rf out; dedup --keep first --resume --memory 64M --threads 3 -o again/ in && tar -xf again/a.${kind#* } -C got && compare left got
    rm -rf again
done

for what in stored deflated bzip2 large; do
    command -v python3 >/dev/null || { echo "no python3: zip archives are not tested"; break; }
    rm -rf in out got left; mkdir in
    rm -f whole/symbolic
    TZ=UTC python3 "$make_zip" make in/a.zip whole $what || fail "zip $what: make"
    dedup --keep first --removed removed.jsonl -o out/ in || fail "zip $what: dedup"
    TZ=UTC python3 "$make_zip" unpack out/a.zip got || fail "zip $what: unpack"
    cp -a whole left; without_copies left; [ $(wc -l <gone) -gt 20 ] || fail "zip $what: only $(wc -l <gone) were removed"
    touch -d '2020-02-03 04:05:06' left/*; what="zip $what"; TZ=UTC compare left got
    mkdir more; cp whole/1.txt more/more_1.txt; echo one that is alone here >more/5.txt
    TZ=UTC python3 "$make_zip" make in/b.zip more stored; rm more/5.txt; echo one that is alone there >more/left.txt
    TZ=UTC python3 "$make_zip" make in/c.zip more stored
    refused "one of them has '5.txt', too" --keep first -o one.zip in/a.zip in/b.zip
    dedup --keep first -o one.zip in/a.zip in/c.zip || fail "$what: one file"
    mv got before; TZ=UTC python3 "$make_zip" unpack one.zip got || fail "$what: unpack one file"
    [ "$(diff -r --exclude=packed before got)" = "Only in got: left.txt" ] || { diff -r before got; fail "$what: one file"; }
    rm -rf before more
    refused 'would compress it again' -o one.zip.gz in/a.zip
    size=$(stat -c %s in/a.zip)
    for at in 20 $((size / 2)) $((size - 1)); do
        head -c $at in/a.zip >cut.zip; dedup -o none/ cut.zip 2>message && fail "$what: cut at $at"
        grep -q "^neardup: .*cut.zip" message && [ ! -e none ] || { cat message; fail "$what: message of $at"; }
    done
    { cat in/a.zip; echo more; } >cut.zip; dedup -o none/ cut.zip 2>message && fail "$what: with bytes behind it"
    gzip -c in/a.zip >cut.zip.gz; dedup -o none/ cut.zip.gz 2>message && fail "$what: compressed"
    grep -q 'unpack it first' message || { cat message; fail "$what: compressed"; }
done

# More entries than 16 bits can count, in and out.
what='a zip of many entries'
if command -v python3 >/dev/null; then
    rm -rf in; mkdir in; rm -f one.zip; python3 "$make_zip" many in/a.zip 66000
    dedup -o one.zip in/a.zip && [ "$(python3 "$make_zip" count one.zip)" = 65998 ] || fail "$what: without copies"
fi

# Several archives go into one, whatever they are packed with.
what='several into one'
rm -rf in got left out; mkdir in got
(cd whole && ls | head -8 | tar -cf ../in/1.tar -T - && ls | tail -n +9 | grep -v symbolic | tar -czf ../in/2.tgz -T -)
dedup --keep first --removed removed.jsonl -o one.tar.zst in/1.tar in/2.tgz || fail "$what: dedup"
zstd -qdc one.tar.zst | tar -xf - -C got || fail "$what: extract"
cp -a whole left; rm -f left/symbolic; sed -i 's,in/[12].[a-z]*/,in/a.tar/,' removed.jsonl; without_copies left
[ $(wc -l <gone) -gt 20 ] || fail "$what: only $(wc -l <gone) were removed"
touch -d '2020-02-03 04:05:06' left/*; compare left got
dedup --keep first -o - in/1.tar in/2.tgz >one.tar && zstd -qdc one.tar.zst | cmp - one.tar || fail "$what: to a pipe"
dedup --keep first -o - in/1.tar in/2.tgz | head -c 100 >part && [ $(wc -c <part) = 100 ] || fail "$what: a pipe that closes"

# Fields are added to records in archives, and repeats cut out of them, as if they were files.
what='annotated and cut'
rm -rf in out got plain; mkdir in got plain
{ cat whole/records.jsonl; sed 's/"text":"[^"]*/&. We will mend it by May, she said. It is old. We will mend it by May, she said./' whole/lines.jsonl; } >plain/lines.jsonl
cp whole/rows.csv whole/array.json plain/
(cd plain && tar --sort=name -cf ../in/a.tar .)
for form in '--annotate' '--within-documents remove'; do
    dedup --keep first $form -o files2/ plain && dedup --keep first $form -o one.tar in/a.tar || fail "$what: $form"
    rm -rf got; mkdir got; tar -xf one.tar -C got
    sed -i 's,plain/,in/a.tar/,g' files2/*; diff -r files2 got || fail "$what: $form"
    diff -rq plain got >differing; [ $(wc -l <differing) -gt 0 ] || fail "$what: $form changed nothing"
    rm -rf files2
done
printf '\357\273\277One line that stands here twice, says so.\nAnother, between the two.\nOne line that stands here twice, says so.\nEnd' >plain/a.txt
printf 'One line that stands here once.\n' >plain/b.txt; head -c 20000 /dev/zero | tr '\0' 'x' >plain/c.txt
printf '<html><p>One line that stands here twice, says so. One line that stands here twice, says so.</p></html>' >page.html
printf '\377\376O\0n\0e\0' >wide.txt
for archive in tar zip; do
    rm -rf in out alone got; mkdir in got
    case $archive in
    tar) tar -C plain -cf in/a.tar . ;;
    zip) command -v python3 >/dev/null || continue; TZ=UTC python3 "$make_zip" make in/a.zip plain deflated ;;
    esac
    dedup --within-documents remove -o one.$archive in/a.$archive && dedup --within-documents remove -o out/ plain && dedup --within-documents remove -o alone/ in || fail "$what: $archive"
    cmp one.$archive alone/a.$archive || fail "$what: $archive, in a folder"
    case $archive in
    tar) tar -xf one.tar -C got ;;
    zip) TZ=UTC python3 "$make_zip" unpack one.zip got ;;
    esac
    printf '\357\273\277One line that stands here twice, says so.\nAnother, between the two.\nEnd' | cmp - got/a.txt || fail "$what: $archive, a text"
    cmp plain/b.txt got/b.txt && cmp plain/c.txt got/c.txt && cmp out/a.txt got/a.txt && cmp out/lines.jsonl got/lines.jsonl || fail "$what: $archive, others"
done
refused 'it is a page' --within-documents remove -o out2/ page.html
refused 'convert it to UTF-8' --within-documents remove -o out2/ wide.txt

# What holds for the entries after it stays where the first is left out; hard links go with theirs.
what='links and a global header'
rm -rf in out got; mkdir in got links
cp whole/2.txt links/a.txt; sed 's/begin/begin with more/' whole/2.txt >links/b.txt; ln links/a.txt links/c.txt; ln links/b.txt links/d.txt
(cd links && tar --format=posix --pax-option=globexthdr.name=g,comment=global,comment:=own -cf ../in/a.tar a.txt b.txt c.txt d.txt)
dedup --keep longest --removed removed.jsonl -o out/ in || fail "$what: dedup"
[ "$(tar -tf out/a.tar | tr '\n' ' ')" = 'b.txt d.txt ' ] || { tar -tf out/a.tar; fail "$what: entries"; }
tar -xf out/a.tar -C got && cmp got/d.txt links/b.txt || fail "$what: extract"
[ "$(grep -ac comment=global out/a.tar)" = 1 ] || fail "$what: the header went"
refused "'in/a.tar' cannot be written before other archives" -o one.tar in/a.tar in/a.tar out/a.tar
tar -C links -cf in/b.tar b.txt; rm -f one.tar
refused "'in/a.tar' cannot be written before other archives" --threshold 1 -o one.tar in/a.tar in/b.tar
[ ! -e one.tar ] || fail "$what: something is there"

# Nothing comes of an archive that is cut off, nor of what is refused; what is in it stays as it is.
what='no archive'; rm -f one one.*
rm -rf in out; mkdir in
(cd whole && tar -czf ../in/a.tar.gz . && tar -cf ../all.tar 2.txt 3.txt && tar -cf ../nested.tar ../all.tar 2.txt 3.txt 2>/dev/null)
size=$(stat -c %s in/a.tar.gz)
for at in 20 $((size / 3)) $((size - 9)) $((size - 4)); do
    head -c $at in/a.tar.gz >cut.tar.gz
    dedup -o out/ cut.tar.gz 2>message && fail "$what: cut at $at"
    grep -q "^neardup: .*cut.tar.gz" message || { cat message; fail "$what: message of $at"; }
    [ ! -e out ] || fail "$what: something is there"
done
head -c 1300 all.tar >cut.tar; dedup -o out/ cut.tar 2>message && fail "$what: cut.tar"
refused "'all.tar' is a tar archive, and 'one.jsonl' names something else" -o one.jsonl all.tar
refused "and 'one.zip' names something else" -o one.zip all.tar
refused "'whole/records.jsonl' is no archive, and 'one.tgz' names" -o one.tgz whole/records.jsonl
refused "cannot be written behind other files" -o one whole/records.jsonl all.tar
refused "cannot be written behind other files" -o one.tar all.tar whole/records.jsonl
refused "cannot annotate 'all.tar/2.txt'" --annotate -o out/ all.tar
echo one that is alone here >3.txt; tar -cf second.tar 3.txt
refused "one of them has '3.txt', too" -o one.tar all.tar second.tar
[ ! -e one ] && [ ! -e one.tar ] && [ ! -e one.jsonl ] || fail "$what: something is there"
dedup -o out/ --removed removed.jsonl nested.tar || fail "$what: nested"
mkdir nest; tar -xf out/nested.tar -C nest 2>/dev/null; cmp all.tar nest/all.tar && [ $(wc -l <removed.jsonl) = 1 ] || fail "$what: nested"
rm -rf out

# Pages: each record is a member of its own, byte for byte; what else a crawler wrote stays.
what=WARC
record() # TYPE URI BODY
{
    if [ $1 = response ]; then
        body=$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n%s' "$3"); type='application/http; msgtype=response'
    else
        body=$3; type=application/warc-fields
    fi
    printf 'WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nWARC-Date: 2020-02-03T04:05:06Z\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n' \
        $1 $2 "$type" "$(printf '%s' "$body" | wc -c)" "$body"
}
rm -rf records in out left; mkdir records in
record warcinfo urn:info 'software: some' >records/00
for i in 2 3 4 5 6 7; do
    record request http://a.example/$i "GET /$i" >records/${i}0
    record response http://a.example/$i "<html><p>$(cat whole/$i.txt)</p></html>" >records/${i}1
done
for file in records/*; do gzip -nc $file; done >in/a.warc.gz
cat records/* >in/b.warc
dedup --keep first --removed removed.jsonl -o out/ in/a.warc.gz || fail "$what: dedup"
[ "$(grep -o 'example/[36]"' removed.jsonl | tr '\n' ' ')" = 'example/3" example/6" ' ] || { cat removed.jsonl; fail "$what: other pages"; }
rm records/31 records/61; cat records/* >left
gzip -dc out/a.warc.gz | cmp - left || fail "$what: other bytes"
[ "$(LC_ALL=C grep -aoP '\x1f\x8b\x08\x00{5}' out/a.warc.gz | wc -l)" = $(ls records | wc -l) ] || fail "$what: members"
rm -rf out; dedup --keep first -o out/ in/b.warc && cmp out/b.warc left || fail "$what: plain"
for i in 2 3 4; do gzip -nc records/${i}0; done >in/c.warc.gz
dedup --keep first -o one.warc.gz in/b.warc in/c.warc.gz || fail "$what: one file"
{ cat left; for i in 2 3 4; do cat records/${i}0; done; } >both; gzip -dc one.warc.gz | cmp - both || fail "$what: one file"
[ "$(LC_ALL=C grep -aoP '\x1f\x8b\x08\x00{5}' one.warc.gz | wc -l)" = $(($(ls records | wc -l) + 3)) ] || fail "$what: members of one file"
refused 'tell their lengths and digests' --within-documents remove -o one.warc in/b.warc
refused 'tell their lengths and digests' --annotate -o one.warc in/b.warc
exit $failed
