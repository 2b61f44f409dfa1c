//! gaoya at its best: JSON Lines in, pairs out.
//!
//! What was set, and why:
//! - MinHasher32: its fastest hasher; the compiler vectorises it under target-cpu=native.
//! - Shingles reach it as 64-bit numbers made from word hashes, so that its own hashing of strings,
//!   its slowest part, is not needed (the identity hasher passes them on).
//! - VecContainer: "faster and uses less memory" than the default, by its documentation.
//! - bulk insertion and queries on all of rayon's threads; parsing and tokenising too.
//! - fat LTO, one codegen unit, mimalloc, a SIMD JSON parser.
//! - bands and rows from the command line: see peers for the settings run.
use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, VecContainer};
use rayon::prelude::*;
use serde::Deserialize;
use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WIDTH: usize = 5;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Clone, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("shingles are numbers")
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl BuildHasher for Identity {
    type Hasher = Identity;
    fn build_hasher(&self) -> Identity {
        Identity(0)
    }
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ (x >> 32)
}

/// Eight bytes a step, like FxHash.
fn word_hash(word: &[u8]) -> u64 {
    let mut hash = word.len() as u64;
    let mut chunks = word.chunks_exact(8);
    for chunk in &mut chunks {
        let value = u64::from_le_bytes(chunk.try_into().unwrap());
        hash = (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    let mut tail = [0u8; 8];
    tail[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    hash = (hash.rotate_left(5) ^ u64::from_le_bytes(tail)).wrapping_mul(0x517c_c1b7_2722_0a95);
    mix(hash)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Hashes of the lower-cased words; ASCII text, most of it, without decoding.
fn word_hashes(text: &str) -> Vec<u64> {
    if text.is_ascii() {
        let lower = text.to_ascii_lowercase();
        lower
            .as_bytes()
            .split(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
            .filter(|word| !word.is_empty())
            .map(word_hash)
            .collect()
    } else {
        let lower = text.to_lowercase();
        lower
            .split(|c| !is_word(c))
            .filter(|word| !word.is_empty())
            .map(|word| word_hash(word.as_bytes()))
            .collect()
    }
}

fn shingles(words: &[u64]) -> Vec<u64> {
    let join = |window: &[u64]| {
        mix(window.iter().fold(0, |h, w| (h ^ w).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)))
    };
    match words.len() {
        0 => Vec::new(),
        1..=4 => vec![join(words)],
        _ => words.windows(WIDTH).map(join).collect(),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (bands, rows): (usize, usize) = (args[3].parse().unwrap(), args[4].parse().unwrap());
    let bytes = std::fs::read(&args[1]).expect("input");
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
    let hasher = MinHasher32::new_with_hasher(bands * rows, Identity(0));
    let (ids, signatures): (Vec<String>, Vec<(u32, Vec<u32>)>) = lines
        .par_iter()
        .enumerate()
        .with_min_len(64)
        .map(|(i, line)| {
            let document: Document = sonic_rs::from_slice(line).expect("JSON");
            let set = shingles(&word_hashes(&document.text));
            let signature = if set.is_empty() {
                Vec::new()
            } else {
                hasher.create_signature(set.into_iter())
            };
            (document.id.into_owned(), (i as u32, signature))
        })
        .unzip();
    let entries: Vec<(u32, Vec<u32>)> =
        signatures.into_iter().filter(|(_, signature)| !signature.is_empty()).collect();
    let numbers: Vec<u32> = entries.iter().map(|(i, _)| *i).collect();
    let mut index: MinHashIndex<u32, u32, VecContainer<u32>> =
        MinHashIndex::new_with_capacity(bands, rows, 0.8, entries.len(), 0.3);
    index.par_bulk_insert_pairs(entries);
    let pairs: Vec<(u32, u32)> = numbers
        .par_iter()
        .flat_map_iter(|i| {
            index
                .query_owned_return_similarity(index.get_signature(i).unwrap())
                .into_iter()
                .filter(move |(j, _)| j > i)
                .map(move |(j, _)| (*i, j))
        })
        .collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(&args[2]).expect("output"));
    for (i, j) in pairs {
        writeln!(out, "{}\t{}", ids[i as usize], ids[j as usize]).unwrap();
    }
    out.flush().unwrap();
    // What is left is only memory to give back.
    std::process::exit(0);
}
