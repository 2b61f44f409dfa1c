/* simdjson's first stage finds the tokens and checks UTF-8 and strings, with the kernel of this CPU
 * (Langdale, Lemire: Parsing Gigabytes of JSON per Second, VLDB Journal 28, 2019, section 3.1); its
 * on-demand interface (Keiser, Lemire: On-Demand JSON, Software: Practice and Experience 54, 2024)
 * steps through them. Every value is visited, because on demand nothing else is checked, and taken
 * as its raw token: so an id keeps its spelling, numbers have any magnitude, half surrogate pairs
 * are ours to count, and no string is copied. */
extern "C" {
#include "io/json.h"
}

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include <simdjson.h>

namespace ondemand = simdjson::ondemand;

struct nd_json_parser {
    nd_allocator allocator;
    ondemand::parser parser;
    /* Of a block of lines. */
    ondemand::document_stream stream;
    ondemand::document_stream::iterator at;
    const char *block, *block_end;
    bool is_in_block;
};

static_assert(ND_JSON_PADDING >= simdjson::SIMDJSON_PADDING, "simdjson reads that far");
static_assert(ND_MAX_FIELDS <= 32, "a mask of fields has 32 bits");

namespace
{

constexpr size_t SMALLEST_CAPACITY = size_t{1} << 16;
constexpr size_t KEPT_CAPACITY = size_t{1} << 22;

using span = std::string_view;

struct value {
    nd_field_type type;
    span bytes; /* of a string or a number */
};

size_t count_digits(span s, size_t from)
{
    size_t i = from;
    while (i < s.size() && s[i] >= '0' && s[i] <= '9')
        i++;
    return i - from;
}

/* number = [ minus ] int [ frac ] [ exp ] (RFC 8259, section 6). */
bool is_number(span s)
{
    size_t i = !s.empty() && s[0] == '-' ? 1 : 0;
    const size_t whole = count_digits(s, i);
    if (!whole || (whole > 1 && s[i] == '0'))
        return false;
    i += whole;
    if (i < s.size() && s[i] == '.') {
        const size_t fraction = count_digits(s, i + 1);
        if (!fraction)
            return false;
        i += 1 + fraction;
    }
    if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        if (i < s.size() && (s[i] == '+' || s[i] == '-'))
            i++;
        const size_t exponent = count_digits(s, i);
        if (!exponent)
            return false;
        i += exponent;
    }
    return i == s.size();
}

/* A token goes on to the next one. */
span without_space_behind(span token)
{
    while (!token.empty() && nd_json_is_space(token.back()))
        token.remove_suffix(1);
    return token;
}

/* The key whose inside begins at p: most are so short that a call of memchr takes longer. The first
 * stage has seen that it ends. */
span key_at(const char *p, bool *has_escapes)
{
    size_t len = 0;
    *has_escapes = false;
    for (; p[len] != '"'; len++)
        if (p[len] == '\\') {
            *has_escapes = true;
            len++;
        }
    return {p, len};
}

/* Which members of one object are looked for: bit i stands for field i, the first `depth` - 1 parts
 * of whose name have led here. */
struct wanted {
    uint32_t fields;
    unsigned depth; /* of the object: 1 for the outermost */
};

class reader
{
  public:
    reader(span record, ondemand::document_reference document, const nd_fields *fields,
           nd_field_value *values, nd_json_fault *fault)
        : record_(record), document_(document), fields_(fields), values_(values), fault_(fault)
    {
        for (size_t i = 0; i < fields->num; i++)
            values[i] = {ND_FIELD_ABSENT, false, nullptr, 0};
    }

    /* One object, and nothing behind it before `next`; NULL: nothing at all. False: *fault says
     * why, or is_too_deep. */
    bool read(const char *next);

    bool is_too_deep() const
    {
        return is_too_deep_;
    }

  private:
    bool fail(const char *at, const char *what);
    bool fail_here();
    bool read_members(ondemand::object object, wanted open);
    bool read_value(ondemand::value v, value *out, wanted open);
    bool read_elements(ondemand::array array, unsigned depth);
    bool read_scalar(span token, value *out);
    bool check(const value &v);
    uint32_t members_of(span key, bool is_plain, wanted open, uint32_t *inner) const;
    bool note(uint32_t found, bool is_outermost, const value &v);

    const span record_;
    ondemand::document_reference document_;
    const nd_fields *const fields_;
    nd_field_value *const values_;
    nd_json_fault *const fault_;
    uint32_t whole_ = 0; /* fields found by their whole name: these go before nested ones */
    bool is_too_deep_ = false;
};

bool reader::fail(const char *at, const char *what)
{
    const char *const begin = record_.data();
    const bool is_inside = at >= begin && at < begin + record_.size();
    *fault_ = {what, is_inside ? static_cast<size_t>(at - begin) + 1 : 0};
    return false;
}

/* After an error of the iterator, which has stopped behind the token that it did not expect. */
bool reader::fail_here()
{
    const char *at = nullptr;
    if (document_.current_location().get(at))
        at = nullptr;
    (void)fail(at, "unexpected text");
    if (!fault_->at_byte)
        fault_->what = "unexpected end";
    return false;
}

inline bool is_called(span key, bool is_plain, const char *name, size_t len)
{
    if (is_plain) /* most keys differ in their length or in the first byte, which takes no call */
        return key.size() == len &&
               (!len || (key[0] == name[0] && std::memcmp(key.data(), name, len) == 0));
    return nd_json_string_equals(key.data(), key.size(), name, len);
}

/* The fields that a member is; *inner: those that may be inside it. */
inline uint32_t reader::members_of(span key, bool is_plain, wanted open, uint32_t *inner) const
{
    uint32_t found = 0;
    *inner = 0;
    for (uint32_t left = open.fields; left; left &= left - 1) {
        const unsigned i = static_cast<unsigned>(__builtin_ctz(left));
        const uint32_t bit = left & -left;
        const nd_field &field = fields_->items[i];
        const nd_field_part &part = field.parts[open.depth - 1];
        if (is_called(key, is_plain, part.p, part.len_bytes)) {
            if (field.num_parts == open.depth)
                found |= bit;
            else
                *inner |= bit;
        }
        if (field.num_parts > 1 && open.depth == 1 &&
            is_called(key, is_plain, field.name, field.name_len_bytes))
            found |= bit;
    }
    return found;
}

/* Keeps the value of the fields found. Of a repeated key the first counts: false where this is
 * another. */
inline bool reader::note(uint32_t found, bool is_outermost, const value &v)
{
    bool is_noted = false;
    for (uint32_t left = found & ~whole_; left; left &= left - 1) {
        const unsigned i = static_cast<unsigned>(__builtin_ctz(left));
        if (is_outermost)
            whole_ |= left & -left;
        else if (values_[i].type != ND_FIELD_ABSENT)
            continue;
        values_[i] = {v.type, true, v.bytes.data(), v.bytes.size()};
        is_noted = true;
    }
    return is_noted;
}

/* Undoing escapes checks them; those of strings that nobody wants are checked here. */
bool reader::check(const value &v)
{
    if (v.type != ND_FIELD_STRING || nd_json_escapes_are_valid(v.bytes.data(), v.bytes.size()))
        return true;
    return fail(v.bytes.data(), "a bad escape in the string");
}

bool reader::read_scalar(span token, value *out)
{
    if (is_number(token))
        *out = {ND_FIELD_NUMBER, token};
    else if (token == "null")
        *out = {ND_FIELD_NULL, {}};
    else if (token == "true" || token == "false" || token == "NaN" || token == "Infinity" ||
             token == "-Infinity")
        *out = {ND_FIELD_OTHER, {}};
    else
        return fail(token.data(), "unexpected text");
    return true;
}

/* The escapes of a string are left to the caller. A scalar is not taken from the iterator, which
 * steps over it. */
bool reader::read_value(ondemand::value v, value *out, wanted open)
{
    const span token = without_space_behind(v.raw_json_token());
    if (token.size() >= 2 && token[0] == '"' && token.back() == '"') {
        *out = {ND_FIELD_STRING, token.substr(1, token.size() - 2)};
        return true;
    }
    *out = {ND_FIELD_OTHER, {}};
    if (token.empty() || token[0] == '"')
        return fail(token.data(), "unexpected text");
    if (token[0] != '{' && token[0] != '[')
        return read_scalar(token, out);
    is_too_deep_ = open.depth >= ND_JSON_MAX_DEPTH;
    if (is_too_deep_)
        return false;
    if (token[0] == '{') {
        ondemand::object object;
        if (v.get_object().get(object))
            return fail_here();
        return read_members(object, {open.fields, open.depth + 1});
    }
    ondemand::array array;
    if (v.get_array().get(array))
        return fail_here();
    return read_elements(array, open.depth + 1);
}

bool reader::read_elements(ondemand::array array, unsigned depth)
{
    for (auto element : array) {
        value got;
        if (element.error())
            return fail_here();
        if (!read_value(std::move(element).value_unsafe(), &got, {0, depth}) || !check(got))
            return false;
    }
    return true;
}

bool reader::read_members(ondemand::object object, wanted open)
{
    for (auto member : object) {
        if (member.error())
            return fail_here();
        ondemand::field field = std::move(member).value_unsafe();
        bool has_escapes;
        const span key = key_at(field.key().raw(), &has_escapes);
        if (has_escapes && !nd_json_escapes_are_valid(key.data(), key.size()))
            return fail(key.data(), "a bad escape in the string");
        uint32_t inner;
        value got;
        const uint32_t found =
            open.fields ? members_of(key, !has_escapes, open, &inner) : inner = 0;
        if (!read_value(field.value(), &got, {inner, open.depth}))
            return false;
        if (!(found && note(found, open.depth == 1, got)) && !check(got))
            return false;
    }
    return true;
}

bool reader::read(const char *next)
{
    ondemand::object object;
    const simdjson::error_code code = document_.get_object().get(object);
    if (code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT)
        return fail(nullptr, "unexpected end");
    if (code != simdjson::SUCCESS)
        return fail_here();
    const uint32_t all = static_cast<uint32_t>((uint64_t{1} << fields_->num) - 1);
    if (!read_members(object, {all, 1}))
        return false;
    const char *rest;
    if (document_.current_location().get(rest))
        rest = nullptr;
    return rest == next ? true : fail(rest, "unexpected text");
}

simdjson::error_code reserve(nd_json_parser *parser, size_t len)
{
    if (parser->parser.capacity() >= len)
        return simdjson::SUCCESS;
    size_t capacity = SMALLEST_CAPACITY;
    while (capacity < len)
        capacity *= 2;
    if (capacity > simdjson::SIMDJSON_MAXSIZE_BYTES)
        capacity = simdjson::SIMDJSON_MAXSIZE_BYTES;
    if (capacity < len)
        return simdjson::CAPACITY;
    return parser->parser.allocate(capacity, ND_JSON_MAX_DEPTH + 8); /* it counts from outside */
}

const char *first_token(const char *p, const char *end)
{
    while (p < end && nd_json_is_space(*p))
        p++;
    return p;
}

/* What begins with another character than a brace. */
const char *kind_of(char first)
{
    switch (first) {
    case '[':
        return "an array";
    case '"':
        return "a string";
    default:
        return first == '-' || (first >= '0' && first <= '9') ? "a number" : nullptr;
    }
}

nd_json_verdict verdict_of(simdjson::error_code code, nd_json_fault *fault)
{
    switch (code) {
    case simdjson::UTF8_ERROR:
        return ND_JSON_NOT_UTF8;
    case simdjson::CAPACITY:
        return ND_JSON_TOO_LONG;
    case simdjson::MEMALLOC:
        return ND_JSON_NO_MEMORY;
    case simdjson::UNCLOSED_STRING:
        *fault = {"a string is not closed", 0};
        break;
    case simdjson::UNESCAPED_CHARS:
        *fault = {"a control character in a string", 0};
        break;
    default:
        *fault = {"unexpected text", 1};
    }
    return ND_JSON_NOT_AN_OBJECT;
}

} // namespace

extern "C" nd_status nd_json_parser_new(const nd_allocator *allocator, nd_json_parser **out)
{
    *out = nullptr;
    void *const block = nd_alloc(allocator, 1, sizeof(nd_json_parser));
    if (!block)
        return ND_ERR_NO_MEMORY;
    *out =
        new (block) nd_json_parser{*allocator, ondemand::parser(), {}, {}, nullptr, nullptr, false};
#ifdef SIMDJSON_THREADS_ENABLED
    (*out)->parser.threaded = false; /* the caller has threads, and blocks are one batch */
#endif
    return ND_OK;
}

/* Reads p[0..len_bytes), which begins with a brace. */
static nd_json_verdict read_record(nd_json_parser *parser, const char *p, size_t len_bytes,
                                   const nd_fields *fields, nd_field_value *values,
                                   nd_json_fault *fault)
{
    simdjson::error_code code = reserve(parser, len_bytes);
    ondemand::document document;
    if (code == simdjson::SUCCESS)
        code = parser->parser
                   .iterate(simdjson::padded_string_view(p, len_bytes, len_bytes + ND_JSON_PADDING))
                   .get(document);
    if (code != simdjson::SUCCESS)
        return verdict_of(code, fault);
    reader r({p, len_bytes}, document, fields, values, fault);
    if (r.read(nullptr))
        return ND_JSON_OBJECT;
    return r.is_too_deep() ? ND_JSON_TOO_DEEP : ND_JSON_NOT_AN_OBJECT;
}

/* The same of a record that is no object, in a copy. What an object lacks is looked for behind it,
 * so that what is said of it would depend on the bytes that follow. */
static nd_json_verdict read_copy(nd_json_parser *parser, const char *p, size_t len_bytes,
                                 const nd_fields *fields, nd_field_value *values,
                                 nd_json_fault *fault)
{
    char *const copy =
        static_cast<char *>(nd_alloc(&parser->allocator, 1, len_bytes + ND_JSON_PADDING));
    if (!copy)
        return ND_JSON_NO_MEMORY;
    std::memcpy(copy, p, len_bytes);
    std::memset(copy + len_bytes, '\n', ND_JSON_PADDING);
    const nd_json_verdict verdict = read_record(parser, copy, len_bytes, fields, values, fault);
    nd_release(&parser->allocator, copy);
    return verdict;
}

extern "C" nd_json_verdict nd_json_object_read(nd_json_parser *parser, const char *p,
                                               size_t len_bytes, const nd_fields *fields,
                                               nd_field_value *values, nd_json_fault *fault)
{
    const size_t first = static_cast<size_t>(first_token(p, p + len_bytes) - p);
    parser->is_in_block = false;
    if (first == len_bytes || p[first] != '{') {
        const char *const kind = first < len_bytes ? kind_of(p[first]) : nullptr;
        *fault = {kind ? kind : "unexpected text", kind ? 0 : first + 1};
        return ND_JSON_NOT_AN_OBJECT;
    }
    const nd_json_verdict verdict = read_record(parser, p, len_bytes, fields, values, fault);
    const bool is_faulty = verdict == ND_JSON_NOT_AN_OBJECT || verdict == ND_JSON_TOO_DEEP;
    return is_faulty && p[len_bytes] != '\n'
               ? read_copy(parser, p, len_bytes, fields, values, fault)
               : verdict;
}

/* The stream takes the documents of the block as they come. A line is one of them if it begins
 * where the line does, and the next token after it is the first that follows the line. */
extern "C" bool nd_json_block_begin(nd_json_parser *parser, const char *p, size_t len_bytes)
{
    const size_t batch =
        len_bytes < simdjson::SIMDJSON_PADDING ? simdjson::SIMDJSON_PADDING : len_bytes;
    parser->is_in_block = false;
    if (reserve(parser, batch) != simdjson::SUCCESS ||
        parser->parser.iterate_many(reinterpret_cast<const uint8_t *>(p), len_bytes, batch)
            .get(parser->stream))
        return false;
    parser->at = parser->stream.begin();
    parser->block = p;
    parser->block_end = p + len_bytes;
    parser->is_in_block = true;
    return true;
}

/* The stream leaves out what is unfinished behind the last document that is whole. False where
 * there is such a rest. */
static bool ends_with_document(nd_json_parser *parser)
{
    const std::string_view source = parser->at.source();
    const char *const end = source.data() + source.size();
    return end <= parser->block_end && first_token(end, parser->block_end) == parser->block_end;
}

extern "C" bool nd_json_block_read(nd_json_parser *parser, const char *p, size_t len_bytes,
                                   const nd_fields *fields, nd_field_value *values)
{
    if (!parser->is_in_block)
        return false;
    parser->is_in_block = false;
    const char *const first = first_token(p, p + len_bytes);
    const char *const next = first_token(p + len_bytes, parser->block_end);
    const bool is_last = next == parser->block_end;
    if (!(parser->at != parser->stream.end()) || parser->at.error() != simdjson::SUCCESS ||
        parser->block + parser->at.current_index() != first || *first != '{' ||
        (is_last && !ends_with_document(parser)))
        return false;
    ondemand::document_reference document;
    if ((*parser->at).get(document))
        return false;
    nd_json_fault fault;
    reader r({p, len_bytes}, document, fields, values, &fault);
    if (!r.read(is_last ? nullptr : next))
        return false;
    ++parser->at;
    parser->is_in_block = true;
    return true;
}

extern "C" bool nd_utf8_is_valid(const char *p, size_t len_bytes)
{
    return simdjson::validate_utf8(p, len_bytes);
}

extern "C" void nd_json_parser_trim(nd_json_parser *parser)
{
    if (parser->parser.capacity() > KEPT_CAPACITY)
        parser->parser = ondemand::parser();
    parser->is_in_block = false;
}

extern "C" void nd_json_parser_free(nd_json_parser *parser)
{
    if (!parser)
        return;
    const nd_allocator allocator = parser->allocator;
    parser->~nd_json_parser();
    nd_release(&allocator, parser);
}
