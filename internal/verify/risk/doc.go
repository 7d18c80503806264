// Package risk says how well a person hides among others in a database that was
// scrubbed: by quasi-identifiers, which single out nobody by themselves and many
// people together.
//
// # k and l
//
// A declared set of quasi-identifiers (postcode, date of birth, gender) cuts a
// table into classes: all rows that show the same values. A class of k rows
// hides each of them among k, so the smallest class is what counts (Sweeney,
// k-anonymity, 2002). A class whose rows all hold one diagnosis tells it of
// everybody in it, however large it is; so of each declared sensitive column the
// different values a class holds are counted too (Machanavajjhala et al.,
// l-diversity, 2006, "distinct"). NULL is a value like others in both: that
// something is not there can be known, too.
//
// [Measure] counts in SQL, one GROUP BY a set and one a sensitive column. What is
// counted is rows, or persons, where a column says whom a row is about.
//
// # Classes that are too small
//
// A set says what happens below its min_k or min_l: the run is refused, the
// figures are only reported, or [Suppress] takes the rows' quasi-identifiers, or
// the rows themselves, out of the database before anything else is proved of it.
//
// # Safe Harbor
//
// [Matrix] maps the 18 identifiers of the HIPAA Privacy Rule (45 CFR
// 164.514(b)(2)(i)) to columns, and shows what is left: identifiers of which
// nobody said where they are, or that they are nowhere.
package risk
