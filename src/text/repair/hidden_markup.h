/* Which text of a page stands in elements that a browser does not show. */
#ifndef TEXT_REPAIR_HIDDEN_MARKUP_H
#define TEXT_REPAIR_HIDDEN_MARKUP_H

#include "text/repair/markup.h"

/* Makes text ND_MARKUP_UNSEEN where it stands inside an element that is not shown: a template, a
 * dialog, one with "hidden". Where such an element ends, an HTML5 parser tells; a page without one
 * is not parsed. In a fragment an element without an end tag hides nothing.
 *
 * A page that nests deeper than 320 elements, or has more than 1 MiB of tags (without attributes),
 * keeps what stands in these elements: parsing such takes more than linear time. */
ND_NODISCARD nd_status nd_markup_hide(nd_markup *markup, const nd_allocator *allocator);

#endif
