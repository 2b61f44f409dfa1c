"""neardup.spark.Scan: the steps of a scan, each taken when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Optional, Union

from neardup._spec import Spec
from neardup.spark import _candidates, _copies, _documents, _files, _groups, _links, _pairs, _rare, _texts, _verify
from neardup.spark._options import Options, check_columns, make_options
from neardup.spark._packs import num_slices
from neardup.spark._steps import Steps

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Observation

    from neardup._types import Link, Names, Preset, Representative


class Scan:
    """Near-copies among the rows of a DataFrame; what `neardup scan` says of the same documents.

    Nothing runs until something is asked for. Frames that several steps need
    are cached until `release()`, or kept in the folder `checkpoint`.
    """

    def __init__(
        self,
        df: DataFrame,
        id: str = "id",
        text: str = "text",
        *,
        preset: Preset = "corpus",
        threshold: Optional[float] = None,
        containment: Optional[float] = None,
        coverage: Optional[float] = None,
        score: Optional[float] = None,
        recall: Optional[float] = None,
        shingle: Optional[str] = None,
        repair: Optional[Names] = None,
        fold: Optional[Names] = None,
        max_matches: Optional[int] = None,
        link: Optional[Link] = None,
        representative: Optional[Representative] = None,
        preferences: Optional[str] = None,
        keep: Union[str, Iterable[str], None] = None,
        order: Optional[str] = None,
        unique_ids: bool = False,
        checkpoint: Optional[str] = None,
        observation: Optional[Observation] = None,
        **tuning: int,
    ) -> None:
        self.options: Options = make_options(
            id,
            text,
            Spec(
                preset=preset,
                threshold=threshold,
                containment=containment,
                coverage=coverage,
                score=score,
                recall=recall,
                shingle=shingle,
                repair=repair,
                fold=fold,
            ),
            max_matches=max_matches,
            link=link,
            representative=representative,
            preferences=preferences,
            keep=keep,
            order=order,
            unique_ids=unique_ids,
            **tuning,
        )
        check_columns(df, self.options)
        self.df = df
        self._observation = observation
        self._checkpoint = checkpoint

    # --- steps ---

    @cached_property
    def _source(self) -> _texts.Source:
        return _files.files_of(self.df, self.options) or _texts.Frame(self.df, self.options)

    @cached_property
    def _steps(self) -> Steps:
        spec = self.options.spec
        exactly = (spec.threshold, spec.containment, spec.score)  # a Spec says six digits of them
        return Steps(self.df.sparkSession, self._checkpoint, f"{self.options!r} {exactly} {self._source.identity}")

    @cached_property
    def _slices(self) -> int:
        """Of texts, in all steps; those that are taken from a folder may have been made for another number of partitions."""
        return self._steps.number("slices", num_slices(self.df))

    @cached_property
    def _read(self) -> DataFrame:
        is_there = self._steps.has("documents")
        documents = _documents.documents(self._source, self.options, self._slices, None if is_there else self._observation)
        kept = self._steps.keep("documents", documents)
        if is_there and self._observation is not None:
            _documents.observed(kept, self.options, self._observation).count()  # no other job would tell it
        return kept

    @cached_property
    def _packs_by_id(self) -> DataFrame:
        """PACKS of texts, where a document's name is its id."""
        return self._steps.keep("texts", _copies.texts(_documents.packs_of(self._read)))

    @cached_property
    def has_duplicate_ids(self) -> bool:
        """Whether an id stands twice. Runs a job."""
        if self.options.unique_ids or not self._packs_by_id.where(f"kind = {_copies.IDS}").limit(1).count():
            return False
        return bool(_texts.repeated_ids(self.df, self.options).limit(1).count())

    @cached_property
    def _names(self) -> DataFrame:
        return self._steps.keep("names", _texts.duplicate_names(self._source, self.df, self.options))

    @cached_property
    def _documents(self) -> DataFrame:
        """Rows of NAMED: the documents with words."""
        from pyspark.sql import functions as F

        columns = _copies.NAMED_SCHEMA.names
        plain = _documents.rows_of(self._read).withColumn("name", F.col("id"))
        if not self.has_duplicate_ids:
            return plain
        names = self._names
        alone = plain.join(names.select("id").distinct(), "id", "left_anti")
        tokens = plain.select("key", "tokens").distinct()
        with_words = names.where(F.col("key") < F.lit(b"\xff\xff\xff\xff")).join(tokens, "key")
        named = alone.select(*columns).union(with_words.select(*columns))
        return self._steps.keep("named", named)  # else each use would join them again

    @cached_property
    def _packs(self) -> DataFrame:
        """PACKS of texts."""
        if not self.has_duplicate_ids:
            return self._packs_by_id
        return self._steps.keep("named_texts", _copies.texts_of_named(self._documents, self._slices))

    @cached_property
    def _all_texts(self) -> DataFrame:
        """TEXT_FIELDS: a row a text, name and id those of the document that is kept."""
        return _copies.text_rows(self._packs)

    @cached_property
    def _copied_texts(self) -> DataFrame:
        """Likewise, of texts with copies."""
        return _copies.text_rows(self._packs, only_copied=True)

    @cached_property
    def _copied_documents(self) -> DataFrame:
        """(key, name) of the documents of those."""
        return _copies.copied_documents(self._packs)

    @cached_property
    def _blocks(self) -> DataFrame:
        if self.options.spec.bands == 0:
            return self._steps.keep("samples", _rare.lists(self._read, self.options))
        return self._steps.keep("buckets", _candidates.blocks(self._read, self.options))

    @cached_property
    def _candidates(self) -> DataFrame:
        rule = _candidates if self.options.spec.bands else _rare
        return self._steps.keep("candidates", self._placed(rule.candidates(self._blocks)))

    def _placed(self, pairs: DataFrame) -> DataFrame:
        """(task, place, key, mates, id_hash, hash, name, copies, and rank where it is not the key) of pairs, (key, task, mates)."""
        placed = _groups.with_ranks(_copies.located(_verify.places(pairs, self._slices), self._packs), self.options)
        rank = ["rank"] if "rank" in placed.columns else []
        return placed.select("task", "place", "key", "mates", "id_hash", "hash", "name", "copies", *rank)

    @cached_property
    def _edges(self) -> DataFrame:
        carried = "name string, copies bigint" + (", rank binary" if "rank" in self._candidates.columns else "")
        packs = _verify.texts_of(self._source, self._candidates, carried)
        return self._steps.keep("matches", _verify.edges(packs, self.options.spec, carried))

    @cached_property
    def _anchored(self) -> DataFrame:
        ranked = _groups.by_rank(self._edges, self.options)
        if self.options.link == "anchored":
            return self._steps.keep("anchors", _groups.anchors(ranked, self.options, self._steps))
        # Each is used several times by the next: as plans, which tell of what is cached too, they would grow without bound.
        ranked = self._steps.cut("ranked", ranked)
        members = self._steps.cut("linked", _links.linked(ranked, self.options, self._steps))
        unseen = self._steps.cut("unseen", self._placed(_verify.unseen(members)))
        packs = _verify.texts_of(self._source, unseen, "")
        measured = _verify.measured(members, packs, self.options.spec)
        return self._steps.keep("anchors", _groups.with_names(measured, self._all_texts))

    # --- results ---

    def pairs(self) -> DataFrame:
        """Every pair of documents that match: a, b (ids, a the smaller), kind, jaccard, a_in_b, b_in_a, and where
        a score decides a_covered, b_covered, score.

        See `neardup.Pair`. A document with more than `max_matches` pairs keeps the best.
        Runs jobs at once: whether ids stand twice, and whether anything is capped.
        """
        most = self.options.max_matches
        if most and _pairs.capped_texts(self._edges, self._copied_texts, most).limit(1).count():
            return _pairs.capped_pairs(self._edges, self._copied_texts, self._documents, self.options, self._steps)
        return _pairs.all_pairs(self._edges, self._copied_texts, self._copied_documents, self.options)

    def members(self) -> DataFrame:
        """The documents that a group would drop, a row each: representative, id, kind, jaccard,
        in_representative, representative_in. See `neardup.Member`. Runs jobs at once."""
        found = (self._anchored, self._copied_texts, self._copied_documents)
        return _groups.document_members(*found, self.options.spec)

    def groups(self) -> DataFrame:
        """Every group of two documents and more: representative, size, members (an array, by id).

        See `neardup.Group`. A group is one row: where one may have millions, ask for `members()`.
        Runs jobs at once.
        """
        return _groups.gathered(self.members())

    def decisions(self) -> DataFrame:
        """(key, representative, kind, jaccard, best_name, best_id, preference) of every text whose documents are
        in a group: what to know of a row by its text. Runs jobs at once."""
        from pyspark.sql import functions as F

        columns = ("key", "representative", "kind", "jaccard")
        members = self._anchored.select("key", "representative", "m.kind", "m.jaccard")
        own = (
            self._copied_texts.select("key")
            .union(members.select("representative"))
            .distinct()
            .join(members.select("key"), "key", "left_anti")
            .select("key", F.col("key").alias("representative"), F.lit("exact").alias("kind"), F.lit(1.0).alias("jaccard"))
        )
        best = self._all_texts.select(
            F.col("key").alias("representative"), F.col("name").alias("best_name"), F.col("id").alias("best_id"), "preference"
        )
        return members.union(own.select(*columns)).join(best, "representative")

    def group_numbers(self) -> DataFrame:
        """(representative, group): groups numbered from 1 in the order of their representatives' ids. Runs jobs
        at once."""
        return _groups.numbered(self.members().select("representative").distinct(), self._steps)

    def stats(self) -> DataFrame:
        """(name, value): what was done and what was left out, by the names of the tool's `--stats`.

        `pairs` counts those before `max_matches` left any out. `capped_comparisons` adds up what each
        bucket leaves out, though another may propose it: it is above the tool's. Runs jobs at once.
        """
        from pyspark.sql import functions as F

        num = F.count("*")
        copies, partners = F.col("copies"), F.col("partners")
        counts = [
            (self._read, _documents.counts(self.options)),
            (self._packs.where(f"kind = {_copies.TEXTS}"), {"exact_copies": F.sum(copies - F.col("num"))}),
            (self._candidates, {"candidates": F.sum(F.octet_length("mates")) / 4}),
            (self._edges, {"matches": num}),
            (
                _pairs.partners(self._edges, self._copied_texts),
                {
                    "pairs": F.sum(copies * partners) / 2,
                    "capped_documents": F.sum(F.when(partners > (self.options.max_matches or _pairs.MANY), copies)),
                },
            ),
            (self.members(), {"groups": F.countDistinct("representative"), "group_members": num}),
        ]
        left_out = {"capped_comparisons": F.sum("left_out")}
        if self.options.spec.bands:
            counts.append((_candidates.large_buckets(self._blocks), {"capped_buckets": num, **left_out}))
        else:
            counts.append((_rare.common_texts(self._blocks), {"common_documents": num, **left_out}))
        if self.has_duplicate_ids:
            renamed = F.sum((F.col("name") != F.col("id")).cast("int"))
            counts.append((self._names, {"duplicate_ids": renamed}))
        return reduce(lambda rows, more: rows.union(more), (_row_a_value(*of) for of in counts))

    def release(self) -> None:
        """Lets go of what is cached. Frames that were had from here still work, but compute anew."""
        self._steps.release()


def _row_a_value(frame: DataFrame, values: dict[str, Column]) -> DataFrame:
    """(name, value) of these aggregates."""
    from pyspark.sql import functions as F

    of_all = frame.agg(*(value.alias(name) for name, value in values.items()))
    value = [F.coalesce(F.col(name).cast("bigint"), F.lit(0)).alias("value") for name in values]
    rows = F.array(*(F.struct(F.lit(name).alias("name"), of) for name, of in zip(values, value)))
    return of_all.select(F.explode(rows).alias("row")).select("row.*")
