#!/bin/sh
# Includes go one way: a folder of src/ includes only the folders listed before it, io only util and
# text, and a public header only public headers.
set -eu
cd "$1"
order='util text sketch lsh similarity passages coverage group store engine index eval io cli'
failed=0

# allowed FOLDER: the folders it may include, itself among them.
allowed() {
    if [ "$1" = io ]; then
        echo 'util text io'
        return
    fi
    before=
    for folder in $order; do
        before="$before $folder"
        [ "$folder" = "$1" ] && break
    done
    echo "$before"
}

for folder in $order; do
    [ -d "src/$folder" ] || continue
    permitted="neardup $(allowed "$folder")"
    for file in $(find "src/$folder" -name '*.[ch]' -o -name '*.cpp'); do
        for included in $(sed -n 's|^ *# *include "\([a-z_]*\)/.*|\1|p' "$file" | sort -u); do
            case " $permitted " in
            *" $included "*) ;;
            *)
                echo "$file includes $included/, which $folder may not"
                failed=1
                ;;
            esac
        done
        if grep -n '^ *# *include "[^/]*"' "$file"; then
            echo "$file: name the folder of an include"
            failed=1
        fi
    done
done
if grep -n '^ *# *include "' include/neardup/*.h | grep -v '"neardup/'; then
    echo 'a public header includes a private one'
    failed=1
fi
for folder in src/*/; do
    case " $order " in
    *" $(basename "$folder") "*) ;;
    *)
        echo "$folder is not in the order of folders"
        failed=1
        ;;
    esac
done
exit $failed
