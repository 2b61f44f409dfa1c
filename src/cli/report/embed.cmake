# Turns files into C: each as an array of bytes, with what a content security policy calls it.
#   cmake -D OUTPUT=FILE -D SOURCES=a.css;b.js -P embed.cmake
# report.css becomes nd_asset_report_css; the hash is SHA-256 in base64 (CSP level 3, section 2.3.1).

set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)

# 64 hexadecimal digits are 32 bytes: ten groups of three bytes, and two bytes.
function(base64_of_digest hex result)
  set(text "")
  foreach(group RANGE 10)
    math(EXPR at "${group} * 6")
    string(SUBSTRING "${hex}00" ${at} 6 digits)
    math(EXPR bits "0x${digits}")
    foreach(shift 18 12 6 0)
      math(EXPR index "(${bits} >> ${shift}) & 63")
      string(SUBSTRING ${alphabet} ${index} 1 letter)
      string(APPEND text ${letter})
    endforeach()
  endforeach()
  string(SUBSTRING ${text} 0 43 text)
  set(${result} "${text}=" PARENT_SCOPE)
endfunction()

string(REPEAT "0x..," 16 row)
set(code "/* Made by embed.cmake. */\n#include \"cli/report/html.h\"\n")
foreach(source ${SOURCES})
  get_filename_component(name ${source} NAME)
  string(MAKE_C_IDENTIFIER ${name} symbol)
  file(READ ${source} bytes HEX)
  string(LENGTH "${bytes}" num_digits)
  math(EXPR len "${num_digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
  file(SHA256 ${source} digest)
  base64_of_digest(${digest} hash)
  string(APPEND code "\nstatic const unsigned char ${symbol}[] = {\n${bytes}};\n"
    "const nd_asset nd_asset_${symbol} = {(const char *)${symbol}, ${len}, \"${hash}\"};\n")
endforeach()
file(WRITE ${OUTPUT} "${code}")
