/* Archives as inputs: the files in tar and zip archives, the pages in WARC archives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/archive.h"
#include "io/input.h"
#include "io_fixture.h"
#include "neardup/text.h"

static const nd_preference_key by_date = {.by = ND_PREFERENCE_EARLIEST, .field = "date"};

static const char *const formats[] = {"gnutar", "pax", "ustar", "v7tar", "zip"};
static const char *const filters[] = {NULL, "gzip", "zstd", "xz", "bzip2", "lz4"};
enum { NUM_FORMATS = 5, NUM_FILTERS = 6 };

static const char lines_text[] =
    "{\"id\":\"a\",\"text\":\"the ferry\"}\n{\"text\":\"will not run\"}\n";

static void write_archive(const char *name, const char *format, const char *filter,
                          const archived *files, size_t num)
{
    size_t len;
    char *const bytes = archive_of(format, filter, files, num, &len);
    write_file(name, bytes, len);
    free(bytes);
}

static uint64_t count_of(const gathered *g, nd_input_issue issue)
{
    return g->report.findings[issue].count;
}

static const char *first_of(const gathered *g, nd_input_issue issue)
{
    return g->report.findings[issue].first.message;
}

static const char *format_path(const char *format, const char *name)
{
    static char message[700];
    snprintf(message, sizeof message, format, temp_path(name));
    return message;
}

/* "id=text\n" lines, each id behind the path of the archive. */
static void assert_documents(gathered g, const char *archive, const char *const *expected,
                             size_t num)
{
    char text[4096] = "";
    for (size_t i = 0; i < num; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s\n",
                 expected[i][0] == '/' ? temp_path(archive) : "", expected[i]);
    assert_int_equal(g.status, ND_OK);
    assert_string_equal(g.in_order, text);
    gathered_release(&g);
}

static void archive_is_read_like_a_folder(void **state)
{
    (void)state;
    static const archived files[] = {
        {"./top.txt", "one", 0},
        {"sub/", "", 0},
        {"sub/lines.jsonl", lines_text, 0},
        {"sub/page.html", "<p>two<script>x</script><div></div>", 0},
        {"/root", "three", 0},
        {"empty", "", 0},
    };
    static const char *const expected[] = {
        "/top.txt=one",       "a=the ferry", "/sub/lines.jsonl:2=will not run",
        "/sub/page.html=two", "/root=three", "/empty="};
    make_folder("d");
    for (unsigned f = 0; f < NUM_FORMATS; f++)
        for (unsigned c = 0; c < NUM_FILTERS; c++) {
            write_archive("d/archive", formats[f], filters[c], files, 6);
            assert_documents(gather_one(temp_path("d/archive")), "d/archive", expected, 6);
            assert_documents(gather_one(temp_path("d")), "d/archive", expected, 6);
        }
}

static void entries_that_are_no_texts_are_counted(void **state)
{
    (void)state;
    static const archived files[] = {
        {"binary", "x\0y", 3},         {"link", NULL, 0},          {".hidden", "x", 0},
        {"a/.git/config", "x", 0},     {"doc.pdf", "%PDF-1.7", 0}, {"kept", "text", 0},
        {"bad.jsonl", "{'a':1}\n", 0},
    };
    static const char *const expected[] = {"/kept=text"};
    for (unsigned f = 0; f < NUM_FORMATS; f++) {
        write_archive("archive", formats[f], NULL, files, 7);
        gathered g = gather_one(temp_path("archive"));
        assert_int_equal(count_of(&g, ND_ISSUE_BINARY), 2);
        assert_string_equal(first_of(&g, ND_ISSUE_BINARY),
                            format_path("'%s/binary' is a binary file", "archive"));
        assert_int_equal(count_of(&g, ND_ISSUE_SPECIAL), 1);
        assert_string_equal(first_of(&g, ND_ISSUE_SPECIAL),
                            format_path("'%s/link' is a symbolic link", "archive"));
        assert_int_equal(count_of(&g, ND_ISSUE_HIDDEN), 2);
        assert_int_equal(count_of(&g, ND_ISSUE_MALFORMED_JSON), 1);
        assert_int_equal(g.report.files, 1);
        assert_documents(g, "archive", expected, 1);
        const nd_input_options options = {.reads_hidden = true};
        const char *const path = temp_path("archive");
        g = gather(&options, &path, 1, 1);
        assert_int_equal(g.report.documents, 3);
        gathered_release(&g);
    }
}

/* Files in archives may be compressed, and archives themselves, but not one more level deep. */
static void archives_are_read_one_inside_another(void **state)
{
    (void)state;
    static const archived inner_files[] = {{"x", "one", 0}, {"y.jsonl", lines_text, 0}};
    size_t inner_len, packed_len, middle_len;
    char *const packed = compressed("gzip", "two", 3, &packed_len);
    for (unsigned f = 0; f < NUM_FORMATS; f++) {
        char *const inner = archive_of(formats[f], "gzip", inner_files, 2, &inner_len);
        const archived middle_files[] = {
            {"in", inner, inner_len}, {"z.gz", packed, packed_len}, {"last", "three", 0}};
        char *const middle = archive_of("zip", NULL, middle_files, 3, &middle_len);
        const archived outer_files[] = {{"mid.zip", middle, middle_len}, {"end", "four", 0}};
        write_file("middle", middle, middle_len);
        write_archive("outer", "gnutar", "xz", outer_files, 2);
        static const char *const in_middle[] = {
            "/in/x=one", "a=the ferry", "/in/y.jsonl:2=will not run", "/z.gz=two", "/last=three"};
        assert_documents(gather_one(temp_path("middle")), "middle", in_middle, 5);
        static const char *const in_outer[] = {"/mid.zip/z.gz=two", "/mid.zip/last=three",
                                               "/end=four"};
        gathered g = gather_one(temp_path("outer"));
        assert_int_equal(count_of(&g, ND_ISSUE_NESTED), 1);
        assert_string_equal(
            first_of(&g, ND_ISSUE_NESTED),
            format_path("'%s/mid.zip/in' is an archive in an archive in another", "outer"));
        assert_documents(g, "outer", in_outer, 3);
        free(inner);
        free(middle);
    }
    free(packed);
}

/* A zip archive is read by its directory where that can be found, and as it comes where not. */
static void zip_is_read_from_a_stream_too(void **state)
{
    (void)state;
    char *const big = malloc(300001);
    for (size_t i = 0; i < 300000; i++)
        big[i] = (char)('a' + i % 23);
    big[300000] = '\0';
    const archived files[] = {{"a", "one", 0}, {"big", big, 300000}, {"c", "three", 0}};
    size_t len, packed_len;
    char *const zip = archive_of("zip", NULL, files, 3, &len);
    char *const packed = compressed("gzip", zip, len, &packed_len);
    write_file("seeking", zip, len);
    write_file("streamed", packed, packed_len);
    gathered seeking = gather_one(temp_path("seeking"));
    gathered streamed = gather_one(temp_path("streamed"));
    assert_int_equal(seeking.report.documents, 3);
    assert_int_equal(streamed.report.documents, 3);
    gathered_release(&seeking);
    gathered_release(&streamed);
    free(zip);
    free(packed);
    free(big);
}

static void number_of_entries_has_a_limit(void **state)
{
    (void)state;
    static const archived files[] = {{"a", "1", 0}, {"b", "2", 0}, {"c", "3", 0}, {"d", "4", 0}};
    const nd_input_options options = {.max_entries = 3};
    write_archive("archive", "zip", NULL, files, 4);
    const char *const path = temp_path("archive");
    gathered g = gather(&options, &path, 1, 1);
    assert_int_equal(g.report.documents, 3);
    assert_int_equal(count_of(&g, ND_ISSUE_MANY_ENTRIES), 1);
    gathered_release(&g);
}

static void large_entries_are_left_out_alone(void **state)
{
    (void)state;
    static const archived files[] = {{"a", "short", 0},
                                     {"b", "a text that is longer than that", 0},
                                     {"c.jsonl",
                                      "{\"id\":\"x\",\"text\":\"a line longer than it\"}\n"
                                      "{\"id\":\"y\",\"text\":\"\"}\n",
                                      0},
                                     {"d", "after", 0}};
    const nd_input_options options = {.max_bytes = 25};
    static const char *const expected[] = {"/a=short", "y=", "/d=after"};
    for (unsigned f = 0; f < NUM_FORMATS; f++) {
        write_archive("archive", formats[f], "gzip", files, 4);
        const char *const path = temp_path("archive");
        gathered g = gather(&options, &path, 1, 1);
        assert_int_equal(count_of(&g, ND_ISSUE_TOO_LARGE), 2);
        assert_string_equal(first_of(&g, ND_ISSUE_TOO_LARGE),
                            format_path("'%s/b': longer than 25 bytes", "archive"));
        assert_documents(g, "archive", expected, 3);
    }
}

static char *noise(size_t len)
{
    char *const text = malloc(len + 1);
    srand(5);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(rand() % 7 ? 'a' + rand() % 26 : ' ');
    text[len] = '\0';
    return text;
}

/* Cut anywhere, an archive gives what came before the cut, and says that it is cut. */
static void cut_archives_are_told(void **state)
{
    (void)state;
    char *const text = noise(20000);
    const archived files[] = {{"a", "one", 0}, {"b", text, 20000}, {"c", "three", 0}};
    make_folder("d");
    for (unsigned f = 0; f < NUM_FORMATS; f++) {
        size_t len, packed_len;
        char *const bytes = archive_of(formats[f], NULL, files, 3, &len);
        char *const packed = compressed("zstd", bytes, len / 2, &packed_len);
        write_file("d/f", packed, packed_len); /* whole, but for the archive inside */
        gathered g = gather_one(temp_path("d"));
        assert_int_equal(g.status, ND_OK);
        assert_int_equal(g.report.documents, 1);
        assert_int_equal(count_of(&g, ND_ISSUE_PARTLY_READ) + count_of(&g, ND_ISSUE_UNREADABLE),
                         2); /* the entry that is cut, and the archive */
        gathered_release(&g);
        g = gather_one(temp_path("d/f"));
        assert_int_not_equal(g.status, ND_OK);
        assert_non_null(strstr(g.error.message, temp_path("d/f")));
        gathered_release(&g);
        for (size_t cut = 0; cut < len; cut += len / 50 + 1) {
            write_file("d/f", bytes, cut);
            g = gather_one(temp_path("d"));
            assert_int_equal(g.status, ND_OK);
            assert_in_range(g.report.documents, 0, 3);
            gathered_release(&g);
        }
        free(bytes);
        free(packed);
    }
    free(text);
}

static void damaged_archives_never_end_a_run(void **state)
{
    (void)state;
    char *const text = noise(3000);
    const archived files[] = {{"a", "one", 0}, {"b", text, 3000}, {"c.jsonl", lines_text, 0}};
    make_folder("d");
    write_text("d/other", "fine");
    srand(9);
    for (unsigned f = 0; f < NUM_FORMATS; f++) {
        size_t len;
        char *const bytes = archive_of(formats[f], NULL, files, 3, &len);
        for (unsigned round = 0; round < 60; round++) {
            const size_t at = (size_t)rand() % (len < 3000 ? len : 3000);
            const char before = bytes[at];
            bytes[at] = (char)rand();
            write_file("d/f", bytes, len);
            gathered g = gather_one(temp_path("d"));
            assert_int_equal(g.status, ND_OK);
            assert_non_null(strstr(g.documents, "other=fine"));
            gathered_release(&g);
            bytes[at] = before;
        }
        free(bytes);
    }
    free(text);
}

/* More than a gigabyte of zeros out of a few kilobytes. */
static void data_that_swell_up_are_not_read_to_their_end(void **state)
{
    (void)state;
    enum { PART = 64 << 20, PARTS = 20 };
    char *const zeros = calloc(PART, 1);
    memset(zeros, 'x', PART);
    size_t len;
    char *const part = compressed("zstd", zeros, PART, &len);
    free(zeros);
    char *const all = malloc(len * PARTS);
    for (unsigned i = 0; i < PARTS; i++)
        memcpy(all + i * len, part, len);
    make_folder("d");
    write_text("d/other", "fine");
    write_file("d/f.jsonl", all, len * PARTS);
    gathered g = gather_one(temp_path("d"));
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.documents, 1);
    assert_int_equal(count_of(&g, ND_ISSUE_PARTLY_READ) + count_of(&g, ND_ISSUE_UNREADABLE), 1);
    gathered_release(&g);
    g = gather_one(temp_path("d/f.jsonl"));
    assert_string_equal(
        g.error.message,
        format_path("cannot decompress '%s': it expands to more than 1,000 times its size",
                    "d/f.jsonl"));
    gathered_release(&g);
    free(part);
    free(all);
}

static void threads_and_blocks_change_nothing(void **state)
{
    (void)state;
    nd_byte_vec lines = {0};
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    for (unsigned i = 0; i < 3000; i++)
        assert_int_equal(nd_bytes_printf(&allocator, &lines, "{\"text\":\"line %u of many\"}%s\n",
                                         i, i % 100 != 50 ? "" : "}"),
                         ND_OK);
    char *const text = noise(100000);
    const archived inner_files[] = {{"l", lines.items, lines.len}, {"t", text, 100000}};
    size_t inner_len;
    char *const inner = archive_of("zip", NULL, inner_files, 2, &inner_len);
    const archived files[] = {{"a", "one", 0},    {"l.jsonl", lines.items, lines.len},
                              {"t", text, 50000}, {"i.zip", inner, inner_len},
                              {"b\0", "x\0y", 3}, {"z", "last", 0}};
    make_folder("d");
    write_archive("d/a.tar", "gnutar", NULL, files, 6);
    write_archive("d/b.tgz", "gnutar", "gzip", files, 6);
    write_archive("d/c.zip", "zip", NULL, files, 6);
    const char *const paths[] = {temp_path("d"), temp_path("d/c.zip")};
    gathered expected = gather(NULL, paths, 2, 1);
    assert_int_equal(expected.report.documents, 3 * (2 * 2970 + 4));
    assert_int_equal(count_of(&expected, ND_ISSUE_MALFORMED_JSON), 3 * 2 * 30);
    static const size_t block_bytes[] = {1, 1000, 30000, 0};
    for (size_t i = 0; i < 4; i++)
        for (uint32_t threads = 1; threads <= 8; threads += 7) {
            const nd_input_options options = {.block_bytes = block_bytes[i]};
            gathered g = gather(&options, paths, 2, threads);
            assert_int_equal(g.status, ND_OK);
            assert_string_equal(g.documents, expected.documents);
            assert_int_equal(g.report.files, expected.report.files);
            for (unsigned issue = 0; issue < ND_NUM_ISSUES; issue++) {
                assert_int_equal(g.report.findings[issue].count,
                                 expected.report.findings[issue].count);
                assert_string_equal(g.report.findings[issue].first.message,
                                    expected.report.findings[issue].first.message);
            }
            gathered_release(&g);
        }
    gathered_release(&expected);
    ND_VEC_RELEASE(&allocator, &lines);
    free(text);
    free(inner);
}

static nd_status count_document(void *ctx, const nd_document *document)
{
    (void)document;
    ++*(size_t *)ctx;
    return ND_OK;
}

static nd_status read_all(const char *path, const nd_allocator *allocator, size_t *num)
{
    const nd_input_options options = {.preferences = &by_date, .num_preferences = 1};
    nd_input *input;
    nd_status status = nd_input_new(&options, &path, 1, allocator, &input, NULL);
    if (status != ND_OK)
        return status;
    const nd_source *const source = nd_input_source(input);
    void *block;
    do {
        status = source->next(source->ctx, &block, NULL);
        if (status == ND_OK && block)
            status = source->decode(source->ctx, block, count_document, num, NULL);
    } while (status == ND_OK && block);
    nd_input_free(input);
    return status;
}

/* ---- WARC ---- */

/* Appends a record; `http` is the header and body of a response, or the bytes of another record. */
static void add_record(nd_byte_vec *warc, const char *type, const char *address,
                       const char *content_type, const char *body)
{
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    assert_int_equal(nd_bytes_printf(&allocator, warc,
                                     "WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\n"
                                     "WARC-Date: 2024-03-04T10:00:00Z\r\nContent-Type: %s\r\n"
                                     "Content-Length: %zu\r\n\r\n%s\r\n\r\n",
                                     type, address, content_type, strlen(body), body),
                     ND_OK);
}

#define HTTP "application/http; msgtype=response"

static nd_byte_vec sample_warc(void)
{
    nd_byte_vec warc = {0};
    add_record(&warc, "warcinfo", "", "application/warc-fields", "software: x\r\n");
    add_record(&warc, "request", "http://a/", "application/http; msgtype=request",
               "GET / HTTP/1.1\r\n\r\n");
    add_record(&warc, "response", "http://a/", HTTP,
               "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
               "<html><title>t</title><p>one</html>");
    add_record(&warc, "response", "http://a/gone", HTTP,
               "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>not found");
    add_record(&warc, "response", "http://a/i.png", HTTP,
               "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG");
    add_record(&warc, "response", "<http://a/chunks>", HTTP,
               "HTTP/1.1 200 OK\r\nCONTENT-TYPE: text/plain;charset=\"iso-8859-1\"\r\n"
               "Transfer-Encoding: chunked\r\n\r\n5\r\ncaf\xe9 \r\n6;x=y\r\nau "
               "lai\r\n1\r\nt\r\n0\r\n\r\n");
    add_record(&warc, "response", "http://a/joined", HTTP,
               "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
               "Transfer-Encoding: chunked\r\n\r\nnot in chunks");
    add_record(
        &warc, "response", "http://a/br", HTTP,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n\x0b\x02");
    add_record(&warc, "revisit", "http://a/", HTTP, "HTTP/1.1 200 OK\r\n\r\n");
    add_record(&warc, "conversion", "http://a/wet", "text/plain", "two\nlines");
    add_record(&warc, "resource", "file://x", "text/html", "<p>three");
    add_record(&warc, "metadata", "http://a/", "text/anvl", "x");
    add_record(&warc, "response", "dns:a", "text/dns", "a. 1 IN A 1.2.3.4");
    return warc;
}

static const char *const pages[] = {"http://a/=one", "http://a/chunks=caf\u00e9 au lait",
                                    "http://a/joined=not in chunks", "http://a/wet=two\nlines",
                                    "file://x=three"};

static void pages_of_a_warc_archive_are_documents(void **state)
{
    (void)state;
    nd_byte_vec warc = sample_warc();
    for (unsigned c = 0; c < NUM_FILTERS; c++) {
        size_t len = warc.len;
        char *const packed = c ? compressed(filters[c], warc.items, warc.len, &len) : NULL;
        write_file("f.warc", packed ? packed : warc.items, len);
        gathered g = gather_one(temp_path("f.warc"));
        assert_int_equal(count_of(&g, ND_ISSUE_NO_PAGE), 3);
        assert_string_equal(first_of(&g, ND_ISSUE_NO_PAGE),
                            format_path("'%s/http://a/gone' is no page that was found", "f.warc"));
        assert_int_equal(count_of(&g, ND_ISSUE_UNREADABLE), 1);
        assert_string_equal(
            first_of(&g, ND_ISSUE_UNREADABLE),
            format_path("'%s/http://a/br' is compressed in a way that is not known", "f.warc"));
        assert_documents(g, "f.warc", pages, 5);
        free(packed);
    }
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &warc);
}

/* As crawlers write them: each record is a member of gzip data of its own. */
static void warc_of_many_members_is_read(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_byte_vec all = {0};
    for (unsigned i = 0; i < 30; i++) {
        nd_byte_vec record = {0};
        char address[32];
        size_t len;
        snprintf(address, sizeof address, "http://a/%u", i);
        add_record(&record, "response", address, HTTP,
                   "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<p>a page");
        char *const packed = compressed("gzip", record.items, record.len, &len);
        assert_int_equal(nd_bytes_append(&allocator, &all, packed, len), ND_OK);
        free(packed);
        ND_VEC_RELEASE(&allocator, &record);
    }
    write_file("f", all.items, all.len);
    gathered g = gather_one(temp_path("f"));
    assert_int_equal(g.status, ND_OK);
    assert_int_equal(g.report.documents, 30);
    gathered_release(&g);
    ND_VEC_RELEASE(&allocator, &all);
}

static void pages_have_the_date_at_which_they_were_found(void **state)
{
    (void)state;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    nd_byte_vec warc = {0};
    add_record(&warc, "conversion", "http://a", "text/plain", "page");
    write_file("f", warc.items, warc.len);
    write_text("l.jsonl",
               "{\"id\":\"x\",\"text\":\"line\",\"date\":\"2024-03-04T11:00:00+01:00\"}\n");
    const nd_input_options options = {.preferences = &by_date, .num_preferences = 1};
    const char *const paths[] = {temp_path("f"), temp_path("l.jsonl")};
    gathered g = gather(&options, paths, 2, 1);
    const char *const page = strchr(g.documents, '@'), *const line =
                                                           page ? strchr(page + 1, '@') : NULL;
    assert_non_null(line);
    assert_int_equal(strncmp(page, line, 17), 0);
    assert_int_equal(count_of(&g, ND_ISSUE_NO_PREFERENCE), 0);
    gathered_release(&g);
    ND_VEC_RELEASE(&allocator, &warc);
}

static void cut_and_damaged_warc_archives_are_told(void **state)
{
    (void)state;
    nd_byte_vec warc = sample_warc();
    make_folder("d");
    for (size_t cut = 0; cut < warc.len; cut++) {
        write_file("d/f", warc.items, cut);
        gathered g = gather_one(temp_path("d"));
        assert_int_equal(g.status, ND_OK);
        gathered_release(&g);
    }
    write_file("f", warc.items, warc.len - 8);
    gathered g = gather_one(temp_path("f"));
    assert_string_equal(
        g.error.message,
        format_path("cannot read '%s' to its end: the WARC archive ends inside a record", "f"));
    gathered_release(&g);
    static const char *const bad[] = {
        "WARC/1.0\r\nWARC-Type: response\r\n\r\n",
        "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: x\r\n\r\n",
        "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "WARC/1.0\r\nContent-Length: 0\r\n\r\nsomething",
        "WARC/1.0\r\nno end",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("d/f", bad[i]);
        g = gather_one(temp_path("d"));
        assert_int_equal(count_of(&g, ND_ISSUE_PARTLY_READ), 1);
        gathered_release(&g);
    }
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    ND_VEC_RELEASE(&allocator, &warc);
}

static void each_failed_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    const nd_allocator plain = nd_allocator_or_default(NULL);
    nd_byte_vec warc = sample_warc();
    const archived files[] = {{"w.warc", warc.items, warc.len},
                              {"l.jsonl", lines_text, 0},
                              {"u",
                               "\xff\xfe"
                               "a\0b\0",
                               6},
                              {"t.csv", "id,text\n1,\"a \"\"b\"\"\"\n", 0}};
    write_archive("f", "gnutar", "gzip", files, 4);
    nd_status status = ND_ERR_NO_MEMORY;
    uint64_t fail_at = 0;
    for (; status != ND_OK; fail_at++) {
        counting_allocator counting;
        size_t num = 0;
        counting_allocator_init(&counting, fail_at);
        status = read_all(temp_path("f"), &counting.allocator, &num);
        if (status != ND_OK)
            assert_int_equal(status, ND_ERR_NO_MEMORY);
        else
            assert_int_equal(num, 5 + 2 + 1 + 1);
        assert_int_equal(counting.num_blocks, 0);
    }
    assert_in_range(fail_at, 20, 1000);
    ND_VEC_RELEASE(&plain, &warc);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(archive_is_read_like_a_folder),
        IN_FOLDER(entries_that_are_no_texts_are_counted),
        IN_FOLDER(archives_are_read_one_inside_another),
        IN_FOLDER(zip_is_read_from_a_stream_too),
        IN_FOLDER(number_of_entries_has_a_limit),
        IN_FOLDER(large_entries_are_left_out_alone),
        IN_FOLDER(cut_archives_are_told),
        IN_FOLDER(damaged_archives_never_end_a_run),
        IN_FOLDER(data_that_swell_up_are_not_read_to_their_end),
        IN_FOLDER(threads_and_blocks_change_nothing),
        IN_FOLDER(pages_of_a_warc_archive_are_documents),
        IN_FOLDER(warc_of_many_members_is_read),
        IN_FOLDER(pages_have_the_date_at_which_they_were_found),
        IN_FOLDER(cut_and_damaged_warc_archives_are_told),
        IN_FOLDER(each_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
