// Package discover says what the columns of a database seem to hold, and drafts a
// ruleset from it.
//
// # How a column is classified
//
// A column's name is cut into words (first_name, FirstName, firstname and
// vorname are the same two), and each word has a meaning, from a vocabulary of
// many languages and the usual abbreviations (lexicon/vocabulary.txt). Words of other
// languages are read as English ones (lexicon/tongues.txt).
// Rules over meanings, not over spellings, turn a name into a class with a score:
// billing_email holds an address, email_verified_at a moment, email_template_name
// neither.
//
// The table says how far that counts. A column called name is a person's in
// customers and a thing's in products; a city is personal where streets,
// postcodes or persons stand beside it, and a fact in a list of cities. Rows that
// refer to a patient make the codes of their table health data.
//
// A sample of values then speaks for or against it: checksums and shapes (package
// detect), dictionaries of given names, surnames, towns, countries and words that
// streets have, forms of dates and postcodes. Values that can't be of the class
// outweigh the name; values that are of one are found under any name. Where
// a table is empty, or can't be read, name, type, comment and keys decide alone.
//
// # What is read
//
// [Database] reads a few hundred rows of each table, drawn at random (TABLESAMPLE
// where a table is large), in read-only transactions with a time-out. [Names] reads
// no row. Values are looked at one by one and dropped: a [Finding] holds classes,
// names and shares, never a value.
//
// # Drafts
//
// [Survey.Draft] makes a rule for every column and compiles the result as a run
// would, taking the next possible rule of what the compiler refuses: a unique
// column gets a transform that keeps values apart, a narrow one what fits. So a
// draft is accepted by check as it stands. What the draft isn't sure of is marked
// "review:".
package discover
