"""text-dedup: its minhash script. FILE OUT WORKERS

What was set, and why:
- ngram 5, num_perm 128, b 16 and r 8, which propose a pair at 0.8 with a chance of 0.95: its own
  optimum, 9 bands of 13, does so with 0.40.
- xxh3 and 32 bits, "faster" by its help, in place of SHA-1 and 64 bits.
- min_length 1: with its default, 5, shorter texts are dropped.
- As many processes as there are cores.
- Its result is clusters: chains of matches through any band, not checked. They are read from the
  union-find that --debug saves.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile

SETTINGS = (
    "--path json --split train --column text --idx_column id --ngram 5 --num_perm 128 --b 16 --r 8"
    " --threshold 0.8 --hash_func xxh3 --hash_bits 32 --min_length 1 --debug"
)


def main(corpus, out, workers):
    work = tempfile.mkdtemp(prefix="text-dedup-", dir=os.path.dirname(os.path.abspath(out)))
    environment = dict(os.environ, HF_HUB_OFFLINE="1", HF_HOME=work)
    command = [sys.executable, "-m", "text_dedup.minhash", *SETTINGS.split()]
    command += ["--data_files", os.path.abspath(corpus), "--num_proc", workers]
    command += ["--cache_dir", f"{work}/cache", "--output", f"{work}/out"]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, cwd=work)
    if done.returncode:
        sys.exit(done.returncode)
    with open(f"{work}/out/uf.pkl", "rb") as file:
        found = pickle.load(file)
    with open(out, "w") as file:
        file.write("#clusters\n")
        file.writelines(f"{name}\t{found.find(name)}\n" for name in list(found.parent))
    shutil.rmtree(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
