/* simdjson's first stage finds the tokens of a line, or of many lines at once (Langdale, Lemire:
 * Parsing Gigabytes of JSON per Second, VLDB Journal 28, 2019, section 3.1), with the kernel of
 * this CPU, and checks UTF-8 and strings; a plain walk over the tokens does the rest:
 *
 *   line   {"id": 17, "text": "A \"b\" c"}
 *   at     0 1   5 7 9 11    17 19       29
 *
 * Why not simdjson's own second stage: its document tree refuses numbers past 64 bits, forgets how
 * an id was spelt, refuses half surrogate pairs and copies every string; its on-demand interface
 * checks only what is asked for and is not chosen at run time. Here nothing is copied. */
#include "io/json_line.h"

#include <cstring>
#include <memory>
#include <new>

#include <simdjson.h>

extern "C" {
#include "io/json_string.h"
#include "util/alloc.h"
}

using simdjson::internal::dom_parser_implementation;

struct nd_json_parser {
    nd_allocator allocator;
    std::unique_ptr<dom_parser_implementation> stage;
    const char *block; /* whose tokens the stage holds */
    size_t next;       /* the first of those that no line has been asked for */
};

namespace
{

constexpr size_t SMALLEST_CAPACITY = size_t{1} << 16;
constexpr size_t KEPT_CAPACITY = size_t{1} << 22;

struct span {
    const char *p;
    size_t len;
};

struct value {
    nd_json_type type;
    span bytes; /* of a string or a number */
};

/* The tokens of one line, which may be one of a block; reading past the last gives an empty token.
 */
class token_walk
{
  public:
    /* bytes: those the stage has seen, up to the line's end; next: a token of it or before it. */
    token_walk(span bytes, const dom_parser_implementation &stage, size_t next)
        : bytes_(bytes), at_(stage.structural_indexes.get()), num_(stage.n_structural_indexes),
          next_(next)
    {
    }

    void skip_to(size_t start)
    {
        while (next_ < num_ && at_[next_] < start)
            next_++;
    }

    char peek() const
    {
        return at_end() ? '\0' : bytes_.p[at_[next_]];
    }

    bool take(char c)
    {
        if (at_end() || bytes_.p[at_[next_]] != c)
            return false;
        next_++;
        return true;
    }

    /* The token with all up to the next one, white space after it left out. */
    span take_token()
    {
        if (at_end())
            return {bytes_.p, 0};
        const size_t start = at_[next_++];
        size_t end = at_end() ? bytes_.len : at_[next_];
        while (end > start && nd_json_is_space(bytes_.p[end - 1]))
            end--;
        return {bytes_.p + start, end - start};
    }

    bool at_end() const
    {
        return next_ == num_ || at_[next_] >= bytes_.len;
    }

    size_t next() const
    {
        return next_;
    }

  private:
    span bytes_;
    const uint32_t *at_;
    size_t num_;
    size_t next_;
};

size_t count_digits(span s, size_t from)
{
    size_t i = from;
    while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i - from;
}

/* number = [ minus ] int [ frac ] [ exp ] (RFC 8259, section 6). */
bool is_number(span s)
{
    size_t i = s.len && s.p[0] == '-' ? 1 : 0;
    const size_t whole = count_digits(s, i);
    if (!whole || (whole > 1 && s.p[i] == '0'))
        return false;
    i += whole;
    if (i < s.len && s.p[i] == '.') {
        const size_t fraction = count_digits(s, i + 1);
        if (!fraction)
            return false;
        i += 1 + fraction;
    }
    if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.len && (s.p[i] == '+' || s.p[i] == '-'))
            i++;
        const size_t exponent = count_digits(s, i);
        if (!exponent)
            return false;
        i += exponent;
    }
    return i == s.len;
}

bool equals(span s, const char *literal)
{
    return s.len == std::strlen(literal) && std::memcmp(s.p, literal, s.len) == 0;
}

bool read_string(token_walk &walk, span *inside)
{
    const span token = walk.take_token();
    if (token.len < 2 || token.p[0] != '"' || token.p[token.len - 1] != '"')
        return false;
    *inside = {token.p + 1, token.len - 2};
    return true;
}

bool read_scalar(token_walk &walk, value *out)
{
    const span token = walk.take_token();
    if (is_number(token))
        *out = {ND_JSON_NUMBER, token};
    else if (equals(token, "null"))
        *out = {ND_JSON_NULL, {}};
    else if (equals(token, "true") || equals(token, "false"))
        *out = {ND_JSON_OTHER, {}};
    else
        return false;
    return true;
}

bool read_value(token_walk &walk, value *out, unsigned depth);

/* Of a key: most are shorter than a call of memchr takes. */
bool has_escapes(span s)
{
    if (s.len > 16)
        return std::memchr(s.p, '\\', s.len) != nullptr;
    bool found = false;
    for (size_t i = 0; i < s.len; i++)
        found |= s.p[i] == '\\';
    return found;
}

bool escapes_are_valid(const value &v)
{
    return v.type != ND_JSON_STRING || nd_json_escapes_are_valid(v.bytes.p, v.bytes.len);
}

bool is_name_of(const nd_json_field &field, span key, bool is_plain)
{
    if (is_plain)
        return key.len == field.name_len_bytes && std::memcmp(key.p, field.name, key.len) == 0;
    return nd_json_string_equals(key.p, key.len, field.name, field.name_len_bytes);
}

/* Whether the member is one looked for, the first of its name. */
bool note_field(nd_json_fields *fields, span key, bool is_plain, const value &found)
{
    bool is_noted = false;
    for (size_t i = 0; i < fields->num; i++) {
        nd_json_field &field = fields->items[i];
        if (field.type != ND_JSON_ABSENT || !is_name_of(field, key, is_plain))
            continue;
        field.type = found.type;
        field.p = found.bytes.p;
        field.len_bytes = found.bytes.len;
        is_noted = true;
    }
    return is_noted;
}

/* An object, its first brace taken; fields may be null. */
bool read_members(token_walk &walk, nd_json_fields *fields, unsigned depth)
{
    if (walk.take('}'))
        return true;
    do {
        span key;
        value member;
        if (!read_string(walk, &key))
            return false;
        const bool is_plain = !has_escapes(key);
        if (!is_plain && !nd_json_escapes_are_valid(key.p, key.len))
            return false;
        if (!walk.take(':') || !read_value(walk, &member, depth))
            return false;
        if (!(fields && note_field(fields, key, is_plain, member)) && !escapes_are_valid(member))
            return false;
    } while (walk.take(','));
    return walk.take('}');
}

/* An array, its first bracket taken. */
bool read_elements(token_walk &walk, unsigned depth)
{
    if (walk.take(']'))
        return true;
    do {
        value element;
        if (!read_value(walk, &element, depth) || !escapes_are_valid(element))
            return false;
    } while (walk.take(','));
    return walk.take(']');
}

/* The escapes of a string are left to the caller. */
bool read_value(token_walk &walk, value *out, unsigned depth)
{
    *out = {ND_JSON_OTHER, {}};
    if (depth >= ND_JSON_MAX_DEPTH)
        return false;
    if (walk.take('{'))
        return read_members(walk, nullptr, depth + 1);
    if (walk.take('['))
        return read_elements(walk, depth + 1);
    if (walk.peek() != '"')
        return read_scalar(walk, out);
    out->type = ND_JSON_STRING;
    return read_string(walk, &out->bytes);
}

simdjson::error_code reserve(nd_json_parser *parser, size_t len)
{
    if (parser->stage && parser->stage->capacity() >= len)
        return simdjson::SUCCESS;
    size_t capacity = SMALLEST_CAPACITY;
    while (capacity < len)
        capacity *= 2;
    if (capacity > simdjson::SIMDJSON_MAXSIZE_BYTES)
        capacity = simdjson::SIMDJSON_MAXSIZE_BYTES;
    if (capacity < len)
        return simdjson::CAPACITY;
    parser->stage.reset();
    return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1,
                                                                                   parser->stage);
}

simdjson::error_code find_tokens(nd_json_parser *parser, span bytes)
{
    const simdjson::error_code code = reserve(parser, bytes.len);
    if (code != simdjson::SUCCESS)
        return code;
    return parser->stage->stage1(reinterpret_cast<const uint8_t *>(bytes.p), bytes.len,
                                 simdjson::stage1_mode::regular);
}

bool read_line(token_walk &walk, nd_json_fields *fields)
{
    for (size_t i = 0; i < fields->num; i++)
        fields->items[i].type = ND_JSON_ABSENT;
    return walk.take('{') && read_members(walk, fields, 1) && walk.at_end();
}

nd_json_verdict verdict_of(simdjson::error_code code)
{
    switch (code) {
    case simdjson::SUCCESS:
        return ND_JSON_OBJECT;
    case simdjson::UTF8_ERROR:
        return ND_JSON_NOT_UTF8;
    case simdjson::CAPACITY:
        return ND_JSON_TOO_LONG;
    case simdjson::MEMALLOC:
        return ND_JSON_NO_MEMORY;
    default:
        return ND_JSON_NOT_AN_OBJECT;
    }
}

} // namespace

extern "C" nd_status nd_json_parser_new(const nd_allocator *allocator, nd_json_parser **out)
{
    *out = nullptr;
    void *const block = nd_alloc(allocator, 1, sizeof(nd_json_parser));
    if (!block)
        return ND_ERR_NO_MEMORY;
    *out = new (block) nd_json_parser{*allocator, nullptr, nullptr, 0};
    return ND_OK;
}

extern "C" nd_json_verdict nd_json_line_parse(nd_json_parser *parser, const char *p,
                                              size_t len_bytes, nd_json_fields *fields)
{
    const simdjson::error_code code = find_tokens(parser, {p, len_bytes});
    if (code != simdjson::SUCCESS)
        return verdict_of(code);
    token_walk walk({p, len_bytes}, *parser->stage, 0);
    return read_line(walk, fields) ? ND_JSON_OBJECT : ND_JSON_NOT_AN_OBJECT;
}

/* A newline is a control character, which no string may hold, and no token goes on after it. So
 * where the stage finds no fault with the block, it is between tokens at the start of each line,
 * and the tokens of a line are those that it would find in the line alone. */
extern "C" bool nd_json_block_begin(nd_json_parser *parser, const char *p, size_t len_bytes)
{
    parser->block = p;
    parser->next = 0;
    return find_tokens(parser, {p, len_bytes}) == simdjson::SUCCESS;
}

extern "C" nd_json_verdict nd_json_block_line(nd_json_parser *parser, const char *p,
                                              size_t len_bytes, nd_json_fields *fields)
{
    const size_t start = static_cast<size_t>(p - parser->block);
    token_walk walk({parser->block, start + len_bytes}, *parser->stage, parser->next);
    walk.skip_to(start);
    const bool is_object = read_line(walk, fields);
    parser->next = walk.next();
    return is_object ? ND_JSON_OBJECT : ND_JSON_NOT_AN_OBJECT;
}

extern "C" void nd_json_parser_trim(nd_json_parser *parser)
{
    if (parser->stage && parser->stage->capacity() > KEPT_CAPACITY)
        parser->stage.reset();
}

extern "C" void nd_json_parser_free(nd_json_parser *parser)
{
    if (!parser)
        return;
    const nd_allocator allocator = parser->allocator;
    parser->~nd_json_parser();
    nd_release(&allocator, parser);
}
