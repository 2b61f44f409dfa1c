"""The first step: rows to what all others go on from, packed by slices of texts, so that Spark moves it on as it is.

    counts of some thousand rows, and beside them a pack, or none:

    DOCUMENTS  packs of documents with words
    WANTED     packs of the hashes of all ids, where these may stand twice
    IDS        packs of hashes of ids that do
    SKETCHES   packs of (key, bands), or where a score decides of (key, shift, samples), of these documents, in no slice
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

import numpy
import pyarrow
import pyarrow.compute

from neardup.spark import _packs
from neardup.spark._copies import DOCUMENTS, IDS, NAMED_SCHEMA, WANTED, hashes_in_slices, slices_of
from neardup.spark._options import GIVEN, Options
from neardup.spark._texts import ABSENT, KEY_BYTES, NAMED_FIELDS, UNREADABLE, Described, Source, binary_of, fixed_binary, preferences_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Observation

COUNTED, SKETCHES = -1, -2  # kinds of rows, beside those of _copies
COUNTS = ("documents", "text_bytes", "tokens", "no_words", "invalid_utf8", "invalid_bytes")
LOST = ("without_preference", "unreadable_preference")
READ = ", ".join([*(f"{name} bigint" for name in (*COUNTS, *LOST)), _packs.PACKS])


def sketches_schema(options: Options) -> Any:
    """Of packs of SKETCHES."""
    key = ("key", pyarrow.binary(KEY_BYTES))
    if options.spec.bands:
        return pyarrow.schema([key, ("bands", pyarrow.binary(4 * options.spec.bands))])
    return pyarrow.schema([key, ("shift", pyarrow.int32()), ("samples", pyarrow.binary())])


# --- on the workers ---


def _counts_of(texts: Any, told: Described, lost: Any) -> list[int]:
    """COUNTS and LOST of rows."""
    assert told.sketches.invalid_bytes is not None
    invalid = told.sketches.invalid_bytes.to_numpy()
    counted = [
        len(texts), pyarrow.compute.sum(pyarrow.compute.binary_length(texts)).as_py() or 0, told.tokens.sum(),
        (~told.has_words).sum(), (invalid > 0).sum(), invalid.sum(), (lost & ABSENT).sum(), (lost & UNREADABLE > 0).sum(),
    ]
    return list(map(int, counted))


def _sketches_of(told: Described, options: Options) -> Any:
    """A batch of sketches_schema."""
    num, bands = len(told.keys), options.spec.bands
    columns = [binary_of(num, KEY_BYTES, told.keys)]
    if bands:
        assert told.sketches.band_keys is not None
        # What a batch of the engine keeps of a band key: its upper half.
        band_keys = (told.sketches.band_keys.to_numpy().reshape(num, -1) >> 32).astype(numpy.uint32)
        columns.append(binary_of(num, 4 * bands, band_keys))
    else:
        columns.append(pyarrow.array(told.shifts.astype(numpy.int32)))
        offsets = pyarrow.py_buffer(numpy.append(0, told.ends * 8).astype(numpy.int32))
        columns.append(pyarrow.Array.from_buffers(pyarrow.binary(), num, [None, offsets, pyarrow.py_buffer(told.samples)]))
    return pyarrow.RecordBatch.from_arrays(columns, schema=sketches_schema(options))


def _rows(counts: list[int], packs: list[_packs.Row]) -> Any:
    """A batch of READ: a row of counts, and one for each pack."""
    numbers = [pyarrow.array([count, *([0] * len(packs))], pyarrow.int64()) for count in counts]
    told = _packs.rows_of_packs([(0, COUNTED, 0, 0, b""), *packs])
    return pyarrow.RecordBatch.from_arrays([*numbers, *told.columns], names=[field.split()[0] for field in READ.split(", ")])


class _Waiting:
    """Documents, and hashes of ids, that are not divided into slices yet."""

    def __init__(self, options: Options, slices: int) -> None:
        self._has_ids, self._slices = not options.unique_ids, slices
        self._documents: list[Any] = []
        self._hashes: list[Any] = []
        self._num = 0

    def add(self, documents: Any, id_hashes: Any) -> None:
        self._documents.append(documents)
        self._hashes.append(id_hashes)
        self._num += max(len(documents), len(id_hashes), documents.nbytes >> 10)

    @property
    def is_much(self) -> bool:
        return self._num > _packs.MANY_ROWS

    def packs(self) -> list[_packs.Row]:
        """Forgets what was waiting."""
        if not self._documents:
            return []
        rows = _packs.one_batch(self._documents)
        out = list(_packs.in_slices(rows, slices_of(rows.column(0), self._slices), DOCUMENTS))
        if self._has_ids:
            out.extend(hashes_in_slices(numpy.concatenate(self._hashes), self._slices))
        self._documents, self._hashes, self._num = [], [], 0
        return out


def _read(batches: Iterator[Any], options: Options, slices: int) -> Iterator[Any]:
    """(id, text, id_hash, hash, and columns of keys) to READ."""
    spec, keys = options.spec, options.keys
    waiting, nothing = _Waiting(options, slices), [0] * len((*COUNTS, *LOST))
    for batch in batches:
        num = batch.num_rows
        if num == 0:
            continue
        ids, texts, id_hashes, hashes, *of_keys = batch.columns
        told = Described(texts, spec, ["invalid_bytes", *(["band_keys"] if spec.bands else [])])
        preferences, lost = pyarrow.nulls(num, pyarrow.binary()), numpy.zeros(num, numpy.int32)
        if keys:
            ordered, lost = preferences_of(keys, of_keys)
            preferences = fixed_binary(ordered)
        columns = [
            binary_of(num, KEY_BYTES, told.keys), pyarrow.array(told.tokens.astype(numpy.int64)), preferences,
            pyarrow.nulls(num, pyarrow.string()), ids, id_hashes, hashes,
        ]
        both = pyarrow.RecordBatch.from_arrays(columns, schema=NAMED_SCHEMA), _sketches_of(told, options)
        if not told.has_words.all():
            has_words = pyarrow.array(told.has_words)
            both = tuple(rows.filter(has_words) for rows in both)
        documents, sketches = both
        waiting.add(documents, id_hashes.to_numpy())
        packs = [(0, SKETCHES, len(sketches), len(sketches), _packs.packed(sketches))]
        if waiting.is_much:
            packs += waiting.packs()
        yield _rows(_counts_of(texts, told, lost), packs)
    packs = waiting.packs()
    if packs:
        yield _rows(nothing, packs)


# --- frames ---


def documents(source: Source, options: Options, slices: int, observation: Optional[Observation]) -> DataFrame:
    """READ of all rows."""
    read = source.map_rows(partial(_read, options=options, slices=slices), READ)
    return read if observation is None else observed(read, options, observation)


def observed(read: DataFrame, options: Options, observation: Observation) -> DataFrame:
    """READ that tells its counts when a job makes it."""
    return read.observe(observation, *(count.alias(name) for name, count in counts(options).items()))


def counts(options: Options) -> dict[str, Column]:
    """What is told of documents, by the names of the tool's --stats: aggregates of `documents`."""
    from pyspark.sql import functions as F

    lost = LOST if any(key.by != GIVEN for key in options.keys) else ()
    return {name: F.coalesce(F.sum(name), F.lit(0)) for name in (*COUNTS, *lost)}


def packs_of(read: DataFrame) -> DataFrame:
    """PACKS of documents and of hashes of ids, of `documents`."""
    return read.where("kind >= 0").select(*(field.split()[0] for field in _packs.PACKS.split(", ")))


def sketches(read: DataFrame) -> DataFrame:
    """(pack), those of sketches."""
    return read.where(f"kind = {SKETCHES}").select("pack")


def _unpack(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        for pack in batch.column(0):
            yield _packs.plain(_packs.unpacked(pack.as_buffer(), NAMED_SCHEMA))


def rows_of(read: DataFrame) -> DataFrame:
    """NAMED_FIELDS of the documents, a row each, all without a name."""
    return _packs.map_batches(read.where(f"kind = {DOCUMENTS}").select("pack"), _unpack, NAMED_FIELDS)
