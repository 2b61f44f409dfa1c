/* neardup: near-duplicate detection for text. Includes the whole public API. */
#ifndef NEARDUP_NEARDUP_H
#define NEARDUP_NEARDUP_H

#include "neardup/allocator.h"
#include "neardup/batch.h"
#include "neardup/bucket.h"
#include "neardup/candidates.h"
#include "neardup/counter.h"
#include "neardup/date.h"
#include "neardup/document.h"
#include "neardup/document_map.h"
#include "neardup/evaluation.h"
#include "neardup/exact_join.h"
#include "neardup/group.h"
#include "neardup/index.h"
#include "neardup/kernel.h"
#include "neardup/match.h"
#include "neardup/passages.h"
#include "neardup/plan.h"
#include "neardup/repair.h"
#include "neardup/scan.h"
#include "neardup/shingle.h"
#include "neardup/sketch.h"
#include "neardup/spec.h"
#include "neardup/status.h"
#include "neardup/table.h"
#include "neardup/text.h"
#include "neardup/verdict.h"
#include "neardup/verify.h"
#include "neardup/version.h"

#endif
