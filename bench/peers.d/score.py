"""Precision and recall of what a tool wrote, against the exact join.

A tool's file is one of (the first line says which; pairs have no such line)
    a<TAB>b...      pairs of ids
    #clusters       id<TAB>cluster: every two documents of a cluster are a pair
    #flags          ids of documents that have a near-duplicate
    #removed        ids of documents to remove, one of each group kept
"""

import collections
import os
import subprocess

import corpus

MARGIN = 0.02  # pairs this close to the threshold are a matter of tokenisation
FLOOR = 0.75  # the join is computed from here on


class Scorer:
    def __init__(self, file, bench, threshold):
        self.file, self.bench, self.threshold = file, bench, threshold
        self.size_bytes = os.path.getsize(file)
        self.ids = corpus.ids_of(file)
        self.number = {name: i for i, name in enumerate(self.ids)}
        self.truth = corpus.common_truth(file, bench, FLOOR)
        self.num_true = len(self.true_pairs(0))

    def true_pairs(self, margin):
        return {pair for pair, j in self.truth.items() if j >= self.threshold + margin}

    def score(self, out):
        with open(out, encoding="utf-8", errors="replace") as lines:
            head = lines.readline().rstrip("\n")
            if head == "#clusters":
                return self.score_clusters(line.rstrip("\n").split("\t") for line in lines)
            if head in ("#flags", "#removed"):
                found = {self.number[line.rstrip("\n")] for line in lines}
                return self.score_documents(found, head[1:])
        return self.score_pairs(self.read_pairs(out))

    def read_pairs(self, out):
        pairs = set()
        with open(out, encoding="utf-8") as lines:
            for line in lines:
                a, b = line.rstrip("\n").split("\t")[:2]
                if a in self.number and b in self.number:
                    a, b = self.number[a], self.number[b]
                    pairs.add((min(a, b), max(a, b)))
        return pairs

    def ratios(self, what, found, count):
        """count(margin): how many of the found are true from threshold + margin on."""
        clear = len(self.true_pairs(MARGIN))
        return {
            "what": what,
            "found": found,
            "precision": count(0) / max(found, 1),
            "recall": count(0) / max(self.num_true, 1),
            "precision_clear": count(-MARGIN) / max(found, 1),
            "recall_clear": count(MARGIN) / max(clear, 1),
        }

    def score_pairs(self, pairs):
        return self.ratios("pairs", len(pairs), lambda margin: len(pairs & self.true_pairs(margin)))

    def score_clusters(self, rows):
        cluster = {self.number[name]: number for name, number in rows}
        sizes = collections.Counter(cluster.values())
        found = sum(n * (n - 1) // 2 for n in sizes.values())

        def count(margin):
            return sum(
                1
                for a, b in self.true_pairs(margin)
                if a in cluster and cluster[a] == cluster.get(b)
            )

        return self.ratios("clusters", found, count)

    def score_documents(self, found, what):
        """Documents with a true partner; where one of a group stays, that one is not missed."""

        def partners(margin):
            return {document for pair in self.true_pairs(margin) for document in pair}

        def recall(margin):
            true = partners(margin)
            stay = self.num_groups(margin) if what == "removed" else 0
            return min(len(found & true) / max(len(true) - stay, 1), 1)

        return {
            "what": what,
            "found": len(found),
            "precision": len(found & partners(0)) / max(len(found), 1),
            "recall": recall(0),
            "precision_clear": len(found & partners(-MARGIN)) / max(len(found), 1),
            "recall_clear": recall(MARGIN),
        }

    def num_groups(self, margin):
        parent = {}

        def find(x):
            while parent.setdefault(x, x) != x:
                parent[x] = x = parent[parent[x]]
            return x

        for a, b in self.true_pairs(margin):
            parent[find(a)] = find(b)
        return sum(1 for x in parent if find(x) == x)

    def score_by_own_shingles(self, out):
        """neardup's pairs against the exact join over the shingles it makes itself."""
        own = self.file + ".own.tsv"
        with open(own, "wb") as file:
            command = [self.bench, "join", "--threshold", str(self.threshold), self.file]
            subprocess.run(command, stdout=file, check=True)
        true, found = self.read_pairs(own), self.read_pairs(out)
        common = len(true & found)
        return {
            "true": len(true),
            "precision": common / max(len(found), 1),
            "recall": common / max(len(true), 1),
        }
