/* Paragraphs to put texts together of. */
#ifndef TESTS_BRIDGE_STORY_H
#define TESTS_BRIDGE_STORY_H

#define BRIDGE                                                                                     \
    "The old bridge over the mill stream will be closed to all traffic for eleven weeks from the " \
    "third of March, the county roads office said on Tuesday, because worms have eaten the piles."
#define BRIDGE_EDITED                                                                              \
    "The old bridge over the mill stream will be shut to all traffic for eleven weeks from the "   \
    "third of March, the county roads office announced on Tuesday, because worms have eaten the "  \
    "piles."
#define FERRY                                                                                      \
    "Passengers with a season ticket may take the ferry at the lower landing, which leaves every " \
    "twenty minutes until dusk and carries bicycles without a charge."

#endif
