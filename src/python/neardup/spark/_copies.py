"""Exact copies to one text each, and texts found by their keys.

Documents go to the slice of their key, where those of one key become a text; what a text is does not depend on their order,
so that a slice of any size is merged in parts, and a text of any number of copies held once:

    TEXTS   packs of texts, a row each
    SHARED  packs of those that have copies, once more
    COPIED  packs of (key, name), a row for each document of a text that has copies
    IDS     packs of hashes of ids, where several documents have one

What is asked of texts comes to the slice of its key, too, and is answered there (`located`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow
import pyarrow.compute

from neardup.spark import _packs
from neardup.spark._texts import KEY_BYTES, NAMED, NAMED_FIELDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TEXTS, COPIED, IDS, DOCUMENTS, WANTED, SHARED = range(6)
MOST_WAITING = 1 << 18  # documents of a slice that are merged at once, if it can be
NAMED_SCHEMA = pyarrow.schema(NAMED)
COPIED_SCHEMA = pyarrow.schema([("key", pyarrow.binary(KEY_BYTES)), ("name", pyarrow.string())])
IDS_SCHEMA = pyarrow.schema([("id_hash", pyarrow.int64())])
# A row a text: name, id, id_hash, hash are those of the document that is kept.
TEXTS_SCHEMA = pyarrow.schema([*NAMED, ("least_name", pyarrow.string()), ("copies", pyarrow.int64())])
WANTED_SCHEMA = pyarrow.schema(
    [("key", pyarrow.binary(KEY_BYTES)), ("task", pyarrow.int64()), ("place", pyarrow.int32()), ("mates", pyarrow.binary())]
)
TEXT_FIELDS = f"{NAMED_FIELDS}, least_name string, copies bigint"
PLACED = f"task bigint, place int, mates binary, {TEXT_FIELDS}"


def slices_of(keys: Any, slices: int) -> Any:
    """The slices of texts, by their digests. keys: a column of fixed binary."""
    buffer = numpy.frombuffer(keys.buffers()[1], numpy.uint8)[keys.offset * KEY_BYTES :][: len(keys) * KEY_BYTES]
    digests = numpy.ascontiguousarray(buffer.reshape(-1, KEY_BYTES)[:, 4:12]).view(">u8").reshape(-1).astype(numpy.uint64)
    return _packs.slices_of_numbers(digests, slices)


# --- what is sent ---


def hashes_in_slices(id_hashes: Any, slices: int) -> list[_packs.Row]:
    """PACKS of hashes of ids, and of one of those that stand twice among them."""
    ids, nums = numpy.unique(id_hashes, return_counts=True)
    column = pyarrow.RecordBatch.from_arrays([pyarrow.array(ids)], schema=IDS_SCHEMA)
    out = list(_packs.in_slices(column, _packs.slices_of_numbers(ids, slices), WANTED))
    return out + ([_repeated(ids[nums > 1])] if (nums > 1).any() else [])


def _repeated(ids: Any) -> _packs.Row:
    column = pyarrow.RecordBatch.from_arrays([pyarrow.array(ids[:1])], schema=IDS_SCHEMA)
    return 0, IDS, 1, 1, _packs.packed(column)


def _spread_named(batches: Iterator[Any], slices: int) -> Iterator[Any]:
    """Rows of NAMED to PACKS."""
    for batch in batches:
        rows = pyarrow.Table.from_batches([batch]).cast(NAMED_SCHEMA)
        if len(rows):
            rows = _packs.one_batch([rows])
            yield _packs.rows_of_packs(list(_packs.in_slices(rows, slices_of(rows.column(0), slices), DOCUMENTS)))


# --- what is made of it ---


def _as_texts(documents: Any) -> Any:
    """A table of TEXTS_SCHEMA, each document a text."""
    names = pyarrow.compute.coalesce(documents["name"], documents["id"])
    table = _with(pyarrow.Table.from_batches([documents]), name=names)
    return table.append_column("least_name", names).append_column("copies", pyarrow.array(numpy.ones(len(names), numpy.int64)))


def _lean(texts: Any) -> Any:
    """Texts as they are packed: a name that is the id is null, and a least name that is the name, as most are."""
    equal, nothing = pyarrow.compute.equal, pyarrow.scalar(None, pyarrow.string())
    least = pyarrow.compute.if_else(equal(texts["least_name"], texts["name"]), nothing, texts["least_name"])
    name = pyarrow.compute.if_else(equal(texts["name"], texts["id"]), nothing, texts["name"])
    return _with(texts, name=name, least_name=least)


def whole(texts: Any) -> Any:
    """Packed texts as they were."""
    name = pyarrow.compute.coalesce(texts.column("name"), texts.column("id"))
    return _with(texts, name=name, least_name=pyarrow.compute.coalesce(texts.column("least_name"), name))


def _with(texts: Any, **columns: Any) -> Any:
    """A table or a batch with these columns in place of its own."""
    return type(texts).from_arrays([columns.get(name, texts.column(name)) for name in texts.schema.names], names=texts.schema.names)


def _merged(tables: list[Any]) -> tuple[Any, Any]:
    """Texts of TEXTS_SCHEMA with each key once; and (key, name) of the documents that became part of a text by this."""
    table = pyarrow.concat_tables(tables).combine_chunks()
    codes = table["key"].combine_chunks().dictionary_encode().indices.to_numpy()
    nums = numpy.bincount(codes)
    is_shared = nums[codes] > 1
    if not is_shared.any():
        return table, None
    alone, shared = table.filter(pyarrow.array(~is_shared)), table.filter(pyarrow.array(is_shared))
    codes, copies = codes[is_shared], shared["copies"].to_numpy()
    sums = numpy.bincount(codes, weights=copies).astype(numpy.int64)
    shared = shared.append_column("code", pyarrow.array(codes))
    documents = shared.filter(pyarrow.array(copies == 1)).select(["key", "name"])

    def first_by(*names: str) -> Any:
        ordered = shared.take(pyarrow.compute.sort_indices(shared, [(name, "ascending") for name in ("code", *names)]))
        own = ordered["code"].to_numpy()
        return ordered.filter(pyarrow.array(numpy.append(True, own[1:] != own[:-1])))

    best, least = first_by("preference", "name", "id", "hash"), first_by("least_name")
    best = _with(best, least_name=least["least_name"], copies=pyarrow.array(sums[best["code"].to_numpy()]))
    return pyarrow.concat_tables([alone, best.select(table.column_names)]), documents


class _Slice:
    """The documents of one slice to packs of texts."""

    def __init__(self, number: int) -> None:
        self.out: list[_packs.Row] = []
        self._number = number
        self._waiting: list[Any] = []
        self._num, self._most = 0, MOST_WAITING

    def add(self, documents: Any) -> None:
        self._waiting.append(_as_texts(documents))
        self._num += len(documents)
        if self._num > self._most:
            self._merge()
            self._most = max(MOST_WAITING, 2 * self._num)

    def _merge(self) -> None:
        texts, documents = _merged(self._waiting)
        self._waiting, self._num = [texts], len(texts)
        if documents is not None:
            self.out.extend(_packs.in_packs(documents, self._number, COPIED))

    def end(self) -> None:
        if not self._waiting:
            return
        self._merge()
        texts_here = _lean(self._waiting[0])
        for kind, table in ((TEXTS, texts_here), (SHARED, texts_here.filter(pyarrow.compute.greater(texts_here["copies"], 1)))):
            for batch in table.combine_chunks().to_batches(max_chunksize=_packs.rows_a_pack(table)):
                copies = int(batch.column("copies").to_numpy().sum())
                self.out.append((self._number, kind, batch.num_rows, copies, _packs.packed(batch)))


def _gather(batches: Iterator[Any]) -> Iterator[Any]:
    """PACKS of documents and of hashes of ids to those of texts, of documents of texts with copies, and of ids that
    stand twice."""
    for number, packs in _packs.slices(batches):
        of_slice = _Slice(number)
        hashes = [numpy.empty(0, numpy.int64)]
        for kind, pack in packs:
            if kind == DOCUMENTS:
                of_slice.add(_packs.unpacked(pack, NAMED_SCHEMA))
            elif kind == WANTED:
                hashes.append(_packs.unpacked(pack, IDS_SCHEMA).column(0).to_numpy())
            else:
                of_slice.out.append((number, kind, 1, 1, pack))
            if len(of_slice.out) > 64:
                yield _packs.rows_of_packs(of_slice.out)
                of_slice.out.clear()
        of_slice.end()
        ids = numpy.sort(numpy.concatenate(hashes))
        repeated = ids[1:][ids[1:] == ids[:-1]]
        if len(repeated):
            of_slice.out.append(_repeated(repeated))
        if of_slice.out:
            yield _packs.rows_of_packs(of_slice.out)


def texts(documents: DataFrame) -> DataFrame:
    """PACKS of texts, copied documents and repeated ids, of PACKS of documents, where a document's name is its id."""
    return _packs.map_batches(_packs.by_slice(documents), _gather, _packs.PACKS)


def texts_of_named(named: DataFrame, slices: int) -> DataFrame:
    """Likewise, of rows of NAMED."""
    spread = partial(_spread_named, slices=slices)
    return texts(_packs.map_batches(named.select(*NAMED_SCHEMA.names), spread, _packs.PACKS))


# --- texts as rows ---


def _text_rows(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        for pack in batch.column(0):
            yield _packs.plain(whole(_packs.unpacked(pack.as_buffer(), TEXTS_SCHEMA)))


def text_rows(packs: DataFrame, only_copied: bool = False) -> DataFrame:
    """TEXT_FIELDS of texts, or of those with copies."""
    chosen = packs.where(f"kind = {SHARED if only_copied else TEXTS}").select("pack")
    return _packs.map_batches(chosen, _text_rows, TEXT_FIELDS)


def _copied_rows(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        for pack in batch.column(0):
            yield _packs.plain(_packs.unpacked(pack.as_buffer(), COPIED_SCHEMA))


def copied_documents(packs: DataFrame) -> DataFrame:
    """(key, name) of the documents of texts with copies."""
    return _packs.map_batches(packs.where(f"kind = {COPIED}").select("pack"), _copied_rows, "key binary, name string")


# --- where texts are wanted ---


def wanted_packs(tables: Iterator[Any], slices: int) -> Iterator[Any]:
    """Tables with the columns of WANTED_SCHEMA to PACKS."""
    waiting: list[Any] = []
    num = 0

    def sent() -> Any:
        rows = _packs.one_batch(waiting)
        return _packs.rows_of_packs(list(_packs.in_slices(rows, slices_of(rows.column(0), slices), WANTED)))

    for table in tables:
        waiting.append(table.select(WANTED_SCHEMA.names).cast(WANTED_SCHEMA))
        num += len(table) + table["mates"].nbytes // 64
        if num > _packs.MANY_ROWS:
            yield sent()
            waiting, num = [], 0
    if num:
        yield sent()


def _locate(batches: Iterator[Any]) -> Iterator[Any]:
    """PACKS of texts, and of what is wanted, to PLACED."""
    for _, packs in _packs.slices(batches):
        there: list[Any] = []
        waiting: list[Any] = []
        num = 0
        for kind, pack in packs:
            if kind == TEXTS:
                there.append(_packs.unpacked(pack, TEXTS_SCHEMA))
                continue
            waiting.append(_packs.unpacked(pack, WANTED_SCHEMA))
            num += waiting[-1].num_rows + waiting[-1].nbytes // 64
            if num > _packs.MANY_ROWS:
                yield from _answers(there, waiting)
                waiting, num = [], 0
        if waiting:
            yield from _answers(there, waiting)


def _answers(there: list[Any], waiting: list[Any]) -> Iterator[Any]:
    texts_there, wanted = _packs.one_batch(there), _packs.one_batch(waiting)
    rows = pyarrow.compute.index_in(wanted.column("key"), value_set=texts_there.column("key"))
    if rows.null_count:
        raise RuntimeError("a text that is wanted is not in its slice: steps of a checkpoint folder are not of one run")
    columns = {name: wanted.column(name) for name in ("task", "place", "mates")}
    columns.update(zip(TEXTS_SCHEMA.names, whole(texts_there.take(rows)).columns))
    columns["key"] = wanted.column("key").cast(pyarrow.binary())
    yield from pyarrow.table(columns).to_batches(max_chunksize=_packs.MOST_ROWS)


def located(wanted: DataFrame, packs: DataFrame) -> DataFrame:
    """PLACED of PACKS that `wanted_packs` made."""
    return _packs.map_batches(_packs.by_slice(packs.where(f"kind = {TEXTS}").union(wanted)), _locate, PLACED)


