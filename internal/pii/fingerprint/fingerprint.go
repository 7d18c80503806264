// Package fingerprint remembers source identifiers as keyed hashes and finds
// them again in any text.
//
// # What is kept
//
// A fingerprint is a 64-bit SipHash-2-4 (a keyed pseudorandom function) of one
// normal form of a value, under 128-bit keys derived from the run's key by
// HMAC-SHA-256. Values themselves are not kept, neither on disk nor in memory, but for the few
// that a [Collector] is about to look at.
// Without the key a fingerprint says nothing of a value. Words go into it as
// 64-bit hashes (hash/maphash) under a random seed that never leaves the
// process, so that of values made of words not even the key's owner can test
// guesses against a file. A set that is to be kept ([NewKeptStore], [Set.Write])
// hashes words by SipHash-2-4 under a key of their own instead.
//
// # Normal forms
//
// A value is a sequence of words: maximal runs of letters and digits, case
// folded, compatibility-decomposed and stripped of accents, so that "José  GARCÍA"
// and "jose garcia" are one value; a character of a script written without
// spaces is a word of its own. What stands between words does not count.
//
//   - e-mail addresses, names, streets and tokens are sequences of 1 to 8 words
//     (of a longer value, the first 8);
//   - a name is found as "First Last" and as "Last, First", with or without
//     middle names and titles;
//   - card numbers, IBANs, national ids, phones and tokens are strings of digits
//     and letters in any grouping; a phone is found with and without its country
//     code, trunk zero and 00;
//   - a hardware address is found in pairs of digits and in one piece, a username
//     if it has a digit, since many others are ordinary words;
//   - an e-mail address and a phone are found by their MD5, SHA-1 and SHA-256, too, in
//     hexadecimal and base64;
//   - an IP address is its bits, in any notation; only public addresses
//     count, since a private one is nobody's.
//
// # Size and error rate
//
// Memory is flat: collectors spill fingerprints to files in a private directory
// (removed on creation where the system allows, so that a crash leaves nothing),
// and [Store.Build] sorts them one partition at a time. The set holds about 9
// bits a fingerprint for a binary fuse filter, and up to 96 MiB for its tables of
// first words. A filter hit is confirmed against the exact 64-bit fingerprints
// on disk, so a chance match of other text needs a 64-bit collision: with 2·10⁷
// fingerprints about 10⁻¹² a probe, and at most some ten probes a token.
//
// Digits alone are another matter: a phone number is one of few, and an order
// number can be the same by chance. [Match.Digits] marks such hits, and
// [Matcher.Expected] says how many chance alone would have produced.
package fingerprint

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"strconv"
	"sync"

	"github.com/dchest/siphash"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

// classes in the order of their codes in the store; code 0 is no class.
var classes = [...]pii.Class{pii.None, pii.Email, pii.Phone, pii.FullName, pii.Street, pii.IP,
	pii.NationalID, pii.CreditCard, pii.IBAN, pii.Username, pii.MAC, codeToken: pii.Token, pii.IMEI, pii.VIN,
	pii.Crypto}

// rough marks, beside its class, a fingerprint of a value that is not plausible
// by itself and so must be found without that test.
const rough = 0x40

// invented marks, in a spill only, a fingerprint of a value that a fake could have made.
const invented = 0x20

const codeToken = 11

func codeOf(c pii.Class) uint8 {
	for i, k := range classes {
		if k == c {
			return uint8(i)
		}
	}
	return 0
}

// Store collects the fingerprints of one run. Its memory is flat: collectors
// spill keyed 64-bit hashes (never values) to files under dir.
type Store struct {
	dir   string
	keys  keys
	words wordHash
	seed  maphash.Seed                 // of the memo
	memo  *memo                        // what became of values, for all collectors
	known func(pii.Class, []byte) bool // fake.Reserved
	made  *made                        // fakes of this run

	vocabulary [len(vocabularies)][]uint64
	// The hashes of 0 to 255 as words, as they are and with three digits.
	octets, padded [256]uint64

	grams *spill // fingerprints and their classes
	heads *spill // first words and the lengths of what they begin

	origins  *spill // see originMask
	numbered map[string]Column
	named    []string // columns by their number less one

	memory int64 // for filters, see Bound

	mu      sync.Mutex
	stats   [len(classes)]Stats
	numbers sketch // of compact forms of digits alone
	mixed   uint64 // bit n: a compact form of n characters with letters was added
	err     error
}

// NewStore returns an empty store. key is the run's secret (≥16 bytes); dir is
// where the private directory is made, the system's temporary one if empty.
func NewStore(dir string, key []byte) (*Store, error) { return newStore(dir, key, false) }

// NewKeptStore is NewStore for a set that [Set.Write] can write down: all of its
// hashes depend on the key alone. Scanning with it is somewhat slower.
func NewKeptStore(dir string, key []byte) (*Store, error) { return newStore(dir, key, true) }

func newStore(dir string, key []byte, kept bool) (*Store, error) {
	if len(key) < 16 {
		return nil, errors.New("the key of a fingerprint store must have 16 bytes or more")
	}
	dir, err := os.MkdirTemp(dir, "refresher-fingerprints-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for fingerprints: %w", err)
	}
	keys := deriveKeys(key)
	s := &Store{dir: dir, keys: keys, words: newWordHash(keys, kept), seed: maphash.MakeSeed(), memo: new(memo),
		known: fake.Reserved, made: new(made),
		grams: newSpill(dir, "grams", gramBits), heads: newSpill(dir, "heads", headBits),
		origins: newSpill(dir, "origins", 0)}
	for i, list := range vocabularies {
		for _, w := range list {
			s.vocabulary[i] = append(s.vocabulary[i], s.words.of([]byte(w)))
		}
	}
	for n := range s.octets {
		s.octets[n] = s.words.of(strconv.AppendInt(nil, int64(n), 10))
		s.padded[n] = s.words.of(fmt.Appendf(nil, "%03d", n))
	}
	return s, nil
}

// Bound sets how many bytes the filters of the set may take; what does not fit is
// looked up in its file, some microseconds a probe. By default all are in memory:
// a million fingerprints take some 1.2 MB.
func (s *Store) Bound(bytes int64) { s.memory = bytes }

// Collector returns a collector for one goroutine.
func (s *Store) Collector() *Collector {
	return &Collector{store: s, grams: newSpiller(s.grams, 1<<13), heads: newSpiller(s.heads, 1<<12),
		origins: newSpiller(s.origins, 1<<10)}
}

// Close removes the store's files; its sets can't be used any more.
func (s *Store) Close() error {
	return errors.Join(s.grams.close(), s.heads.close(), s.origins.close(), os.RemoveAll(s.dir))
}

// Stats counts the values of a class: each is in one of the three figures.
type Stats struct {
	Added     int64 `json:"added"`     // fingerprinted, repetitions included
	Fictional int64 `json:"fictional"` // in a space that is reserved for fiction, so it is nobody's
	Short     int64 `json:"short"`     // too short or too common to prove anything, or not of the class's form
}

// Stats of the whole store, after its collectors were closed.
func (s *Store) Stats() map[pii.Class]Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := map[pii.Class]Stats{}
	for i, st := range s.stats {
		if st != (Stats{}) {
			m[classes[i]] = st
		}
	}
	return m
}

// keys of the hash functions of what is kept. The words' own is for sets that
// are written down; seal authenticates those.
type keys struct {
	gram, compact, ip, word, digest sipKey
	seal                            []byte
}

// wordHash is the hash of words, which go on into a fingerprint or into the table
// of what begins one.
type wordHash struct {
	keyed bool
	key   sipKey
	seed  maphash.Seed
}

func newWordHash(k keys, keyed bool) wordHash {
	return wordHash{keyed: keyed, key: k.word, seed: maphash.MakeSeed()}
}

func (w *wordHash) of(b []byte) uint64 {
	if w.keyed {
		return w.key.hash(b)
	}
	return maphash.Bytes(w.seed, b)
}

type sipKey struct{ k0, k1 uint64 }

func (k sipKey) hash(b []byte) uint64 { return siphash.Hash(k.k0, k.k1, b) }

func deriveKeys(key []byte) keys {
	derive := func(label string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte("refresher fingerprint v1 " + label))
		return m.Sum(nil)
	}
	sip := func(label string) sipKey {
		d := derive(label)
		return sipKey{binary.LittleEndian.Uint64(d), binary.LittleEndian.Uint64(d[8:])}
	}
	return keys{gram: sip("words"), compact: sip("compact"), ip: sip("ip"), word: sip("word"), digest: sip("digest"), seal: derive("seal")}
}
