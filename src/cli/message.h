/* What the tool says on stderr. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

/* One line: "neardup: " and the text. */
void nd_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
