"""The calls of datasketch for MinHash and its indexes, on neardup's core: programs change one import.

    from neardup.compat.datasketch import MinHash, MinHashLSH

The interface and the accuracy are datasketch's, the bits are not: sketches are made by Fast Similarity
Sketching over XXH3, so they cannot be compared with those that datasketch stored, which are refused.

What is not there: WeightedMinHash, bBitMinHash, HyperLogLog, HNSW, MinHashLSHBloom and the asynchronous
index; storage elsewhere than in memory (Redis, Cassandra); GPUs; more than 1,024 permutations; schemes
and permutations of datasketch's own. `hashfunc` of an index, which compresses its keys there, is not
needed: keys are 8 bytes each.
"""

from __future__ import annotations

import hashlib
import math
import pickle
import struct
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Callable, Optional, TypeVar, Union

from neardup import _core

__all__ = [
    "LeanMinHash",
    "MinHash",
    "MinHashLSH",
    "MinHashLSHDeletionSession",
    "MinHashLSHEnsemble",
    "MinHashLSHForest",
    "MinHashLSHInsertionSession",
    "sha1_hash32",
    "sha1_hash64",
]

SCHEME = f"neardup-{_core.HASH_SPEC_VERSION}"
"""What makes a sketch, and stands in datasketch for the permutation scheme."""

HashFunction = Callable[[Any], int]
AnyMinHash = TypeVar("AnyMinHash", bound="MinHash")

_ABSENT = (
    *("WeightedMinHash", "WeightedMinHashGenerator", "WeightedMinHashLSH", "bBitMinHash"),
    *("WeightedMinHashLSHForest", "HyperLogLog", "HyperLogLogPlusPlus", "HNSW", "MinHashLSHBloom"),
    "AsyncMinHashLSH",
)


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        raise AttributeError(f"neardup.compat.datasketch has no {name}: it is datasketch's alone")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def sha1_hash32(data: bytes) -> int:
    """The first 32 bits of the SHA-1 of some bytes, little-endian, as datasketch has it."""
    return int.from_bytes(hashlib.sha1(data).digest()[:4], "little")


def sha1_hash64(data: bytes) -> int:
    """The first 64 bits of the SHA-1 of some bytes, little-endian, as datasketch has it."""
    return int.from_bytes(hashlib.sha1(data).digest()[:8], "little")


def _numbers(slots: bytes) -> Any:
    """Slots as an array of numpy's where it is there, else as a memoryview."""
    try:
        import numpy
    except ImportError:
        return memoryview(slots).cast("Q")
    return numpy.frombuffer(slots, dtype=numpy.uint64)


def _slot_bytes(hashvalues: Iterable[int]) -> bytes:
    if isinstance(hashvalues, bytes):
        return hashvalues
    values = [int(value) for value in hashvalues]
    try:
        return struct.pack(f"{len(values)}Q", *values)
    except struct.error:
        raise ValueError("hash values are whole numbers of 64 bits") from None


def _check_scheme(scheme: Optional[str]) -> None:
    if scheme not in (None, SCHEME):
        raise ValueError(
            f"scheme must be {SCHEME!r}, not {scheme!r}: sketches of datasketch cannot be compared with ours"
        )


class MinHash(_core.Sketch):
    """The sketch of a set, from which its Jaccard similarity with another set is estimated.

    num_perm: the slots of the sketch, 1 to 1,024; the error of an estimate is about 1 / sqrt(num_perm).
    seed: sketches of different seeds are independent, and cannot be compared. hashfunc: what hashes
    an element, to a number of up to 64 bits; None (much the quickest): XXH3 of its bytes. hashvalues:
    those of another sketch, to begin from. permutations, hashobj: not needed, and not looked at.
    gpu_mode: "disable" or "detect". scheme: None, or the scheme of the sketch that the hash values are
    of.

    Elements are hashed at once and sketched when somebody looks. Not for several threads at a time.

    >>> from neardup.compat.datasketch import MinHash
    >>> a, b = MinHash(num_perm=128), MinHash(num_perm=128)
    >>> for word in ["minhash", "is", "a", "probabilistic", "data", "structure"]:
    ...     a.update(word.encode("utf8"))
    >>> b.update_batch([b"minhash", b"is", b"a", b"probabilistic", b"data", b"type"])
    >>> 0.5 < a.jaccard(b) < 0.9    # 5 words of 7
    True
    """

    seed: int
    num_perm: int
    hashfunc: Optional[HashFunction]

    def __init__(
        self,
        num_perm: int = 128,
        seed: int = 1,
        gpu_mode: str = "disable",
        hashfunc: Optional[HashFunction] = None,
        hashobj: Optional[object] = None,
        hashvalues: Optional[Iterable[int]] = None,
        permutations: Any = None,
        scheme: Optional[str] = None,
    ) -> None:
        _check_scheme(scheme)
        if gpu_mode not in ("disable", "detect"):
            raise RuntimeError("there is no GPU mode")
        if hashfunc is not None and not callable(hashfunc):
            raise ValueError("The hashfunc must be a callable.")
        slots = None if hashvalues is None else _slot_bytes(hashvalues)
        if slots is not None:
            num_perm = len(slots) // 8
        self._begin(num_perm, seed)
        self.hashfunc = hashfunc
        if slots is not None:
            self._set_slots(slots)

    def _begin(self, num_perm: int, seed: int) -> None:
        self._setup(num_perm, seed & (2**64 - 1))
        self.num_perm = num_perm
        self.seed = seed

    @property
    def scheme(self) -> str:
        """What makes the sketch; sketches of another scheme are refused."""
        return SCHEME

    @property
    def permutations(self) -> tuple[str, int]:
        """What datasketch's programs hand on to the next sketch; it says nothing here."""
        return SCHEME, self.seed

    @property
    def hashvalues(self) -> Any:
        """The slots: an array of numpy's of uint64, or a memoryview where numpy is not there."""
        return _numbers(self._slots()[: 8 * self.num_perm])

    @hashvalues.setter
    def hashvalues(self, values: Iterable[int]) -> None:
        self._set_slots(_slot_bytes(values))

    def update(self, b: Any) -> None:
        """Adds an element: bytes, or what `hashfunc` takes."""
        if self.hashfunc is None:
            self._update(b)
        else:
            self._update_hash(self.hashfunc(b))

    def update_batch(self, b: Iterable[Any]) -> None:
        """Adds many elements."""
        if self.hashfunc is None:
            self._update_batch(b)
        else:
            for element in b:
                self._update_hash(self.hashfunc(element))

    def jaccard(self, other: MinHash) -> float:
        """The estimated Jaccard similarity. Raises ValueError for sketches that cannot be compared."""
        num = self.num_perm
        if type(other) is not type(self) or other.seed != self.seed or other.num_perm != num:
            self._check(other, "compute Jaccard given")
        return self._num_equal(other) / num

    def count(self) -> float:
        """The estimated number of different elements."""
        return self._count()

    def merge(self, other: MinHash) -> None:
        """Becomes the sketch of the union. Raises ValueError as `jaccard` does."""
        self._check(other, "merge")
        self._take(other)

    def _check(self, other: MinHash, what: str) -> None:
        if not isinstance(other, MinHash):
            raise ValueError(f"Cannot {what} MinHash with different permutation schemes")
        if other.seed != self.seed:
            raise ValueError(f"Cannot {what} MinHash with different seeds")
        if other.num_perm != self.num_perm:
            raise ValueError(f"Cannot {what} MinHash with different numbers of permutation functions")

    def digest(self) -> Any:
        """A copy of the hash values."""
        values = self.hashvalues
        return values.copy() if hasattr(values, "copy") else memoryview(bytes(values)).cast("Q")

    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return self._is_empty()

    def clear(self) -> None:
        """Forgets all elements."""
        self._begin(self.num_perm, self.seed)

    def copy(self: AnyMinHash) -> AnyMinHash:
        """A copy that grows on its own."""
        other = type(self).__new__(type(self))
        other._begin(self.num_perm, self.seed)
        other.hashfunc = self.hashfunc
        if not self._is_empty():
            other._set_slots(self._slots())
        return other

    __copy__ = copy

    def __deepcopy__(self: AnyMinHash, memo: Any) -> AnyMinHash:
        return self.copy()

    def __len__(self) -> int:
        return self.num_perm

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, MinHash)
            and type(self) is type(other)
            and (self.seed, self.num_perm) == (other.seed, other.num_perm)
            and self._num_equal(other) == self.num_perm
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def union(cls: type[AnyMinHash], *mhs: MinHash) -> AnyMinHash:
        """The sketch of the union of two sets and more."""
        if len(mhs) < 2:
            raise ValueError("Cannot union less than 2 MinHash")
        whole = cls.__new__(cls)
        whole._begin(mhs[0].num_perm, mhs[0].seed)
        whole.hashfunc = mhs[0].hashfunc
        for minhash in mhs:
            whole._check(minhash, "union")
            whole._take(minhash)
        return whole

    @classmethod
    def bulk(cls: type[AnyMinHash], b: Iterable[Iterable[Any]], **minhash_kwargs: Any) -> list[AnyMinHash]:
        """A sketch for each of many sets; the arguments are those of the class."""
        return list(cls.generator(b, **minhash_kwargs))

    @classmethod
    def generator(
        cls: type[AnyMinHash], b: Iterable[Iterable[Any]], **minhash_kwargs: Any
    ) -> Iterator[AnyMinHash]:
        """The same one by one."""
        empty = cls(**minhash_kwargs)
        for elements in b:
            minhash = empty.copy()
            minhash.update_batch(elements)
            yield minhash

    def __getstate__(self) -> Any:
        return SCHEME, self.num_perm, self.seed, self._slots(), self.hashfunc

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("not the state of a MinHash of neardup.compat.datasketch")
        scheme, num_perm, seed, slots, hashfunc = state
        _check_scheme(scheme)
        self._begin(num_perm, seed)
        self.hashfunc = hashfunc
        self._set_slots(slots)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _restore, (type(self), self.__getstate__())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.num_perm} slots, seed {self.seed}>"


def _restore(cls: type[AnyMinHash], state: Any) -> AnyMinHash:
    minhash = cls.__new__(cls)
    minhash.__setstate__(state)
    return minhash


class LeanMinHash(MinHash):
    """A sketch that does not change: it can be a key, and be written to a buffer.

    minhash: the sketch to copy; or seed and hashvalues.

    A buffer holds the seed (8 bytes), minus the number of slots (4), a mark (1), the version of the
    hash spec (1), then 8 bytes a slot: `byteorder` is that of the module struct.
    """

    _MARK = 0x4E

    def __init__(
        self,
        minhash: Optional[MinHash] = None,
        seed: Optional[int] = None,
        hashvalues: Optional[Iterable[int]] = None,
        scheme: Optional[str] = None,
    ) -> None:
        _check_scheme(scheme)
        if minhash is not None:
            slots, seed = minhash._slots()[: 8 * minhash.num_perm], minhash.seed
            self._begin(minhash.num_perm, seed)
            self._set_slots(minhash._slots())
        elif hashvalues is not None and seed is not None:
            slots = _slot_bytes(hashvalues)
            self._begin(len(slots) // 8, seed)
            self._set_slots(slots)
        else:
            raise ValueError("Init parameters cannot be None: give a minhash, or a seed and hashvalues")
        self.hashfunc = None

    def update(self, b: Any) -> None:
        """Raises TypeError."""
        raise TypeError("Cannot update a LeanMinHash")

    def update_batch(self, b: Iterable[Any]) -> None:
        """Raises TypeError."""
        raise TypeError("Cannot update a LeanMinHash")

    def bytesize(self, byteorder: str = "@") -> int:
        """The bytes that a buffer needs."""
        return struct.calcsize(f"{byteorder}qiBB{self.num_perm}Q")

    def serialize(self, buf: Any, byteorder: str = "@") -> None:
        """Writes the sketch to a buffer. Raises ValueError where it is too small."""
        if len(buf) < self.bytesize(byteorder):
            raise ValueError("The buffer does not have enough space for holding this MinHash.")
        values = memoryview(self._slots()[: 8 * self.num_perm]).cast("Q")
        head = (self.seed, -self.num_perm, self._MARK, _core.HASH_SPEC_VERSION)
        struct.pack_into(f"{byteorder}qiBB{self.num_perm}Q", buf, 0, *head, *values)

    @classmethod
    def deserialize(cls, buf: Any, byteorder: str = "@") -> LeanMinHash:
        """Reads a buffer. Raises ValueError for another's, as datasketch's."""
        view = memoryview(buf)
        head = f"{byteorder}qiBB"
        if len(view) < struct.calcsize(head):
            raise ValueError("the buffer is too short for a MinHash")
        seed, negative, mark, version = struct.unpack_from(head, view, 0)
        if negative >= 0 or mark != cls._MARK or version != _core.HASH_SPEC_VERSION:
            raise ValueError("the buffer holds no sketch of this package and hash spec")
        layout = f"{head}{-negative}Q"
        if len(view) < struct.calcsize(layout):
            raise ValueError("the buffer is too short for its MinHash")
        return cls(seed=seed, hashvalues=struct.unpack_from(layout, view, 0)[4:])

    def __hash__(self) -> int:  # type: ignore[override]
        return hash((SCHEME, self.seed, self._slots()[: 8 * self.num_perm]))

    def __getstate__(self) -> Any:
        buffer = bytearray(self.bytesize())
        self.serialize(buffer)
        return buffer

    def __setstate__(self, state: Any) -> None:
        read = self.deserialize(state)
        self._begin(read.num_perm, read.seed)
        self._set_slots(read._slots())
        self.hashfunc = None


# --- how many bands of how many rows ---


@lru_cache(maxsize=None)
def _gauss(num: int) -> list[tuple[float, float]]:
    """Nodes and weights of Gauss and Legendre's quadrature over 0 to 1, exact up to degree 2 num - 1:
    roots of the Legendre polynomial by Newton's method."""
    found = []
    for i in range(num):
        x = math.cos(math.pi * (i + 0.75) / (num + 0.5))
        slope = 1.0
        for _ in range(100):
            before, value = 1.0, x
            for degree in range(2, num + 1):
                before, value = value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree
            slope = num * (x * value - before) / (x * x - 1) if num > 1 else 1.0
            step = value / slope
            x -= step
            if abs(step) < 1e-15:
                break
        found.append(((1 - x) / 2, 1 / ((1 - x * x) * slope * slope)))
    return found


@lru_cache(maxsize=256)
def _best_bands(threshold: float, num_perm: int, false_positive: float, false_negative: float) -> tuple[int, int]:
    """The bands and rows with the least weighted area of wrong proposals below the threshold and of
    misses above it, over similarities spread evenly: (bands, rows)."""
    nodes = _gauss(num_perm // 2 + 1)
    below = [(threshold * x, threshold * w) for x, w in nodes]
    above = [(threshold + (1 - threshold) * x, (1 - threshold) * w) for x, w in nodes]
    best, least = (0, 0), math.inf
    for rows in range(1, num_perm + 1):
        apart_below = [(1 - s**rows, w) for s, w in below]
        apart_above = [(1 - s**rows, w) for s, w in above]
        for bands in range(1, num_perm // rows + 1):
            wrong = threshold - sum(w * p**bands for p, w in apart_below)
            missed = sum(w * p**bands for p, w in apart_above)
            error = wrong * false_positive + missed * false_negative
            if error < least - 1e-12 or (error < least + 1e-12 and bands < best[0]):
                best, least = (bands, rows), error
    return best


def _check_weights(threshold: float, num_perm: int, weights: tuple[float, float]) -> None:
    if not 0.0 <= threshold <= 1.0:
        raise ValueError("threshold must be in [0.0, 1.0]")
    if num_perm < 2:
        raise ValueError("Too few permutation functions")
    if any(not 0.0 <= weight <= 1.0 for weight in weights):
        raise ValueError("Weight must be in [0.0, 1.0]")
    if sum(weights) != 1.0:
        raise ValueError("Weights must sum to 1.0")


class MinHashLSH:
    """Sketches under keys of one's own, and those that are likely similar to another.

    threshold: the Jaccard similarity that is asked for. num_perm: that of the sketches. weights: of
    false positives and of false negatives, 1 together. params: (bands, rows) in place of those that
    threshold and weights give. storage_config: {"type": "dict"}, in memory. prepickle: keys are held as
    their pickled bytes. hashfunc: accepted, and not needed.

    A query finds candidates, some of which are less similar and which are not all: `MinHash.jaccard`,
    or the sets themselves, tell.

    >>> from neardup.compat.datasketch import MinHash, MinHashLSH
    >>> a, b, c = MinHash.bulk([[b"x", b"y"], [b"x", b"y"], [b"z"]])
    >>> lsh = MinHashLSH(threshold=0.5, num_perm=128)
    >>> lsh.insert("a", a)
    >>> lsh.insert("c", c)
    >>> lsh.query(b)
    ['a']
    """

    def __init__(
        self,
        threshold: float = 0.9,
        num_perm: int = 128,
        weights: tuple[float, float] = (0.5, 0.5),
        params: Optional[tuple[int, int]] = None,
        storage_config: Optional[dict[str, Any]] = None,
        prepickle: Optional[bool] = None,
        hashfunc: Optional[Callable[[bytes], bytes]] = None,
    ) -> None:
        if storage_config and storage_config.get("type", "dict") != "dict":
            raise ValueError("storage_config must be {'type': 'dict'}: there is memory alone")
        _check_weights(threshold, num_perm, weights)
        if params is not None:
            bands, rows = params
            if bands * rows > num_perm:
                raise ValueError(
                    f"The product of b and r in params is {bands} * {rows} = {bands * rows}"
                    f" -- it must be less than num_perm {num_perm}. Did you forget to specify num_perm?"
                )
        else:
            bands, rows = _best_bands(threshold, num_perm, *weights)
        if bands < 2:
            raise ValueError("The number of bands are too small (b < 2)")
        self.h = num_perm
        self.b = bands
        self.r = rows
        self.prepickle = bool(prepickle)
        self.buffer_size = 50000
        self._buckets = _core.Buckets(_core.Sketch, bands, rows, num_perm)
        self._entries: dict[Any, Union[int, list[int]]] = {}
        self._has_repeated = False

    def _stored(self, key: Hashable) -> Any:
        return pickle.dumps(key) if self.prepickle else key

    def insert(self, key: Hashable, minhash: MinHash, check_duplication: bool = True) -> None:
        """Adds a sketch. Raises ValueError where the key is taken, or the sketch of another length."""
        stored = pickle.dumps(key) if self.prepickle else key
        if stored in self._entries:
            if check_duplication:
                raise ValueError("The given key already exists")
            self._add_again(stored, self._buckets.insert(key, minhash))
        else:
            self._entries[stored] = self._buckets.insert(key, minhash)

    def _add_again(self, stored: Any, number: int) -> None:
        self._has_repeated = True
        entry = self._entries.get(stored)
        if entry is None:
            self._entries[stored] = number
        else:
            self._entries[stored] = [*(entry if isinstance(entry, list) else [entry]), number]

    def query(self, minhash: MinHash) -> list[Any]:
        """The keys of sketches that share a band: likely similar ones."""
        found: list[Any] = self._buckets.query(minhash, self.b)
        return list(dict.fromkeys(found)) if self._has_repeated else found

    def _query_b(self, minhash: MinHash, b: int) -> set[Any]:
        if b > self.b:
            raise ValueError("b must be less or equal to the number of hash tables")
        return set(self._buckets.query(minhash, b))

    def remove(self, key: Hashable) -> None:
        """Takes a key out. Raises ValueError where it is not there."""
        stored = self._stored(key)
        entry = self._entries.pop(stored, None)
        if entry is None:
            raise ValueError("The given key does not exist")
        for number in entry if isinstance(entry, list) else [entry]:
            self._buckets.remove(number)

    def merge(self, other: MinHashLSH, check_overlap: bool = False) -> None:
        """Adds all of another index of as many bands and rows. Raises ValueError where it has others
        or, with check_overlap, a key in common."""
        if type(self) is not type(other):
            raise ValueError(f"Cannot merge type MinHashLSH and type {type(other).__name__}.")
        if (self.h, self.b, self.r) != (other.h, other.b, other.r):
            raise ValueError("Cannot merge MinHashLSH with different initialization parameters.")
        if check_overlap and not self._entries.keys().isdisjoint(other._entries):
            raise ValueError("The keys are overlapping, duplicate key exists.")
        for stored, keys in other._dump():
            label = pickle.loads(stored) if other.prepickle else stored
            number = self._buckets.insert_keys(label, keys)
            if stored in self._entries:
                self._add_again(stored, number)
            else:
                self._entries[stored] = number

    def _dump(self) -> list[tuple[Any, bytes]]:
        return [
            (stored, self._buckets.keys(number))
            for stored, entry in self._entries.items()
            for number in (entry if isinstance(entry, list) else [entry])
        ]

    @property
    def keys(self) -> list[Any]:
        """The keys, as they are held."""
        return list(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        return self._stored(key) in self._entries

    def is_empty(self) -> bool:
        """Whether there is no sketch."""
        return not self._entries

    def insertion_session(self, buffer_size: int = 50000) -> MinHashLSHInsertionSession:
        """A context manager with `insert`; sketches are found at once."""
        return MinHashLSHInsertionSession(self, buffer_size)

    def deletion_session(self, buffer_size: int = 50000) -> MinHashLSHDeletionSession:
        """A context manager with `remove`."""
        return MinHashLSHDeletionSession(self, buffer_size)

    def add_to_query_buffer(self, minhash: MinHash) -> None:
        """Asks for what `collect_query_buffer` gives."""
        self._buffered().append(set(self.query(minhash)))

    def collect_query_buffer(self) -> list[Any]:
        """The keys that every sketch of the buffer finds, which is empty then."""
        found = self._buffered()
        result = list(set.intersection(*found)) if found else []
        found.clear()
        return result

    def _buffered(self) -> list[set[Any]]:
        found: list[set[Any]] = self.__dict__.setdefault("_query_buffer", [])
        return found

    def get_counts(self) -> list[dict[bytes, int]]:
        """For each band the number of keys under each of its buckets' keys."""
        return self._count_buckets(self._dump())

    def get_subset_counts(self, *keys: Hashable) -> list[dict[bytes, int]]:
        """The same of some keys alone."""
        wanted = {self._stored(key) for key in keys}
        return self._count_buckets([row for row in self._dump() if row[0] in wanted])

    def _count_buckets(self, rows: list[tuple[Any, bytes]]) -> list[dict[bytes, int]]:
        return [
            dict(Counter(keys[8 * band : 8 * band + 8] for _, keys in rows)) for band in range(self.b)
        ]

    def __getstate__(self) -> Any:
        return SCHEME, self.h, self.b, self.r, self.prepickle, self._dump()

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 6:
            raise ValueError("not the state of a MinHashLSH of neardup.compat.datasketch")
        scheme, num_perm, bands, rows, prepickle, dump = state
        _check_scheme(scheme)
        MinHashLSH.__init__(self, num_perm=num_perm, params=(bands, rows), prepickle=prepickle)
        for stored, keys in dump:
            label = pickle.loads(stored) if prepickle else stored
            self._add_again(stored, self._buckets.insert_keys(label, keys))
        self._has_repeated = any(isinstance(entry, list) for entry in self._entries.values())


class MinHashLSHInsertionSession:
    """Inserts into an index; datasketch buffers here, which memory does not need."""

    def __init__(self, lsh: MinHashLSH, buffer_size: int = 50000) -> None:
        self.lsh = lsh
        self.lsh.buffer_size = buffer_size

    def __enter__(self) -> MinHashLSHInsertionSession:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        self.close()

    def close(self) -> None:
        """Does nothing."""

    def insert(self, key: Hashable, minhash: MinHash, check_duplication: bool = True) -> None:
        """As of the index."""
        self.lsh.insert(key, minhash, check_duplication)


class MinHashLSHDeletionSession:
    """Removes from an index; datasketch buffers here, which memory does not need."""

    def __init__(self, lsh: MinHashLSH, buffer_size: int = 50000) -> None:
        self.lsh = lsh
        self.lsh.buffer_size = buffer_size

    def __enter__(self) -> MinHashLSHDeletionSession:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        self.close()

    def close(self) -> None:
        """Does nothing."""

    def remove(self, key: Hashable) -> None:
        """As of the index."""
        self.lsh.remove(key)


class MinHashLSHForest:
    """Sketches under keys of one's own, and the k that are likely the most similar to another
    (Bawa, Condie and Ganesan: LSH Forest, WWW 2005), by sorted lists.

    num_perm: that of the sketches. l: the prefix trees; each is num_perm / l slots deep.

    >>> from neardup.compat.datasketch import MinHash, MinHashLSHForest
    >>> a, b, c = MinHash.bulk([[b"x", b"y"], [b"x", b"y", b"z"], [b"w"]])
    >>> forest = MinHashLSHForest(num_perm=128)
    >>> for key, minhash in [("a", a), ("b", b), ("c", c)]:
    ...     forest.add(key, minhash)
    >>> forest.index()
    >>> sorted(forest.query(a, 2))
    ['a', 'b']
    """

    def __init__(self, num_perm: int = 128, l: int = 8) -> None:
        if l <= 0 or num_perm <= 0:
            raise ValueError("num_perm and l must be positive")
        if l > num_perm:
            raise ValueError("l cannot be greater than num_perm")
        self.l = l
        self.k = num_perm // l
        self.keys: dict[Any, bytes] = {}
        # A tree is a sorted list of the slots of its part, and keys in their order: those of one
        # part stand side by side, as numbers of `_labels`.
        self._trees: list[list[tuple[bytes, int]]] = [[] for _ in range(l)]
        self._added: list[list[tuple[bytes, int]]] = [[] for _ in range(l)]
        self._labels: list[Any] = []

    def _parts(self, slots: bytes) -> list[bytes]:
        """The slots of each tree, such that bytes are ordered as slots are."""
        width = 8 * self.k
        return [slots[i * width : (i + 1) * width] for i in range(self.l)]

    def add(self, key: Hashable, minhash: MinHash) -> None:
        """Adds a sketch, to be found after `index`. Raises ValueError where the key is taken, or the
        sketch is too short."""
        if len(minhash) < self.k * self.l:
            raise ValueError("The num_perm of MinHash out of range")
        if key in self.keys:
            raise ValueError("The given key has already been added")
        slots = minhash._slots()[: 8 * self.k * self.l]
        self.keys[key] = slots
        number = len(self._labels)
        self._labels.append(key)
        for added, part in zip(self._added, self._parts(slots)):
            added.append((part, number))

    def index(self) -> None:
        """Lets all that was added be found."""
        for tree, added in zip(self._trees, self._added):
            if len(added) <= 8:
                for entry in added:
                    insort(tree, entry)
            else:
                tree.extend(added)
                tree.sort()
            added.clear()

    def query(self, minhash: MinHash, k: int) -> list[Any]:
        """At most k keys, those first that agree with the sketch in the longest part of a tree."""
        if k <= 0:
            raise ValueError("k must be positive")
        if len(minhash) < self.k * self.l:
            raise ValueError("The num_perm of MinHash out of range")
        parts = self._parts(minhash._slots()[: 8 * self.k * self.l])
        found: dict[int, None] = {}
        for depth in range(self.k, 0, -1):
            for tree, part in zip(self._trees, parts):
                prefix = part[: 8 * depth]
                at = bisect_left(tree, (prefix,))
                while at < len(tree) and tree[at][0].startswith(prefix):
                    found[tree[at][1]] = None
                    if len(found) >= k:
                        return [self._labels[number] for number in found]
                    at += 1
        return [self._labels[number] for number in found]

    def get_minhash_hashvalues(self, key: Hashable) -> Any:
        """The hash values that a key was added with. Raises KeyError where there is no such key."""
        if key not in self.keys:
            raise KeyError(f"The provided key does not exist in the LSHForest: {key}")
        return _numbers(self.keys[key])

    def is_empty(self) -> bool:
        """Whether there is nothing to be found; what was added is found after `index`."""
        return not self._trees[0]

    def __contains__(self, key: Hashable) -> bool:
        return key in self.keys


@lru_cache(maxsize=4096)
def _best_containment_bands(
    threshold: float, num_perm: int, most_rows: int, ratio: float, false_positive: float, false_negative: float
) -> tuple[int, int]:
    """The bands and rows for a containment threshold where an indexed set is `ratio` times as large
    as the query: a containment t is then a Jaccard similarity of t / (1 + ratio - t) (Zhu, Nargesian,
    Pu and Miller: LSH Ensemble, VLDB 2016)."""
    nodes = _gauss(48)
    most = min(1.0, ratio)
    turn = min(threshold, most)
    below = [(turn * x, turn * w) for x, w in nodes]
    above = [(turn + (most - turn) * x, (most - turn) * w) for x, w in nodes]
    best, least = (1, 1), math.inf
    for rows in range(1, most_rows + 1):
        apart_below = [(1 - (t / (1 + ratio - t)) ** rows, w) for t, w in below]
        apart_above = [(1 - (t / (1 + ratio - t)) ** rows, w) for t, w in above]
        for bands in range(1, num_perm // rows + 1):
            wrong = turn - sum(w * p**bands for p, w in apart_below)
            missed = sum(w * p**bands for p, w in apart_above)
            error = wrong * false_positive + missed * false_negative
            if error < least:
                best, least = (bands, rows), error
    return best


class MinHashLSHEnsemble:
    """Sketches of sets with their sizes, and those that likely hold most of another set.

    threshold: the containment of the query in a set. num_perm: that of the sketches. num_part: parts
    by size: as many sets in each. m: the most rows of a band; memory grows with it. weights: of false
    positives and false negatives. storage_config, prepickle: as of MinHashLSH.

    >>> from neardup.compat.datasketch import MinHash, MinHashLSHEnsemble
    >>> sets = {"few": {b"%d" % i for i in range(20)}, "many": {b"%d" % i for i in range(10, 90)}}
    >>> ensemble = MinHashLSHEnsemble(threshold=0.8, num_perm=128, num_part=2)
    >>> ensemble.index((key, MinHash.bulk([s])[0], len(s)) for key, s in sets.items())
    >>> query = {b"%d" % i for i in range(30, 60)}
    >>> list(ensemble.query(MinHash.bulk([query])[0], len(query)))
    ['many']
    """

    def __init__(
        self,
        threshold: float = 0.9,
        num_perm: int = 128,
        num_part: int = 16,
        m: int = 8,
        weights: tuple[float, float] = (0.5, 0.5),
        storage_config: Optional[dict[str, Any]] = None,
        prepickle: Optional[bool] = None,
    ) -> None:
        _check_weights(threshold, num_perm, weights)
        if num_part < 1:
            raise ValueError("num_part must be at least 1")
        if m < 2 or m > num_perm:
            raise ValueError("m must be in the range of [2, num_perm]")
        if storage_config and storage_config.get("type", "dict") != "dict":
            raise ValueError("storage_config must be {'type': 'dict'}: there is memory alone")
        self.threshold = threshold
        self.h = num_perm
        self.m = m
        self.num_part = num_part
        self._weights = weights
        self._ratios = [math.exp(-5 + 10 * i / 9) for i in range(10)]
        self._params = [
            _best_containment_bands(threshold, num_perm, m, ratio, *weights) for ratio in self._ratios
        ]
        self._parts: list[dict[int, Any]] = []  # rows: buckets
        self.lowers: list[Optional[int]] = [None] * num_part
        self.uppers: list[Optional[int]] = [None] * num_part
        self._keys: set[Any] = set()

    def index(self, entries: Iterable[tuple[Hashable, MinHash, int]]) -> None:
        """Adds all sets, as (key, sketch, size), at once. Raises ValueError where there are some
        already, or none come."""
        if self._keys:
            raise ValueError("Cannot call index again on a non-empty index")
        sized = list(entries)
        if not sized:
            raise ValueError("entries is empty")
        for _, minhash, size in sized:
            if size <= 0:
                raise ValueError("Set size must be positive")
            if len(minhash) != self.h:
                raise ValueError(f"Expecting minhash with length {self.h}, got {len(minhash)}")
        sized.sort(key=lambda entry: entry[2])
        all_rows = sorted({rows for _, rows in self._params})
        start = 0
        for part in range(self.num_part):
            end = (part + 1) * len(sized) // self.num_part
            while start < end < len(sized) and sized[end][2] == sized[end - 1][2]:
                end += 1  # sets of one size stay together
            if end <= start:
                continue
            buckets = {rows: _core.Buckets(_core.Sketch, self.h // rows, rows, self.h) for rows in all_rows}
            for key, minhash, _ in sized[start:end]:
                self._keys.add(key)
                for each in buckets.values():
                    each.insert(key, minhash)
            slot = len(self._parts)
            self.lowers[slot], self.uppers[slot] = sized[start][2], sized[end - 1][2]
            self._parts.append(buckets)
            start = end

    def query(self, minhash: MinHash, size: int) -> Iterator[Any]:
        """The keys of sets that likely hold the threshold's share of a set of that sketch and size."""
        for buckets, upper in zip(self._parts, self.uppers):
            assert upper is not None
            ratio = bisect_left(self._ratios, upper / size)
            bands, rows = self._params[min(ratio, len(self._params) - 1)]
            yield from buckets[rows].query(minhash, bands)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    def is_empty(self) -> bool:
        """Whether there is no set."""
        return not self._keys
