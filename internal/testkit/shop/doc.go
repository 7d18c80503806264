// Package shop makes a sample production database, of any size, for tests,
// the demo and measurements: an experimentation platform with users, experiments,
// assignments, events, metrics, payments and support tickets.
//
//	err := sampledb.Load(ctx, url, sampledb.Options{Users: 1000, Seed: 1})
//
// # The values look real
//
// Nobody in it exists, but every value is of a kind that could: mail domains of
// big providers, names that people have, numbers of ranges that are issued, cards
// and account numbers with valid check digits, public addresses. So a value that
// leaks through a scrub is seen by a detector, unlike one that came from a
// reserved space.
//
// One person is the same everywhere: events and tickets quote the user's own
// address, a payment carries the name on the account, a ticket's text repeats
// name, e-mail and number in other spellings.
//
// # The schema is awkward on purpose
//
// It has a cycle of two tables (teams, employees), a self-reference, composite
// foreign keys, one to a unique constraint that is no primary key, a partitioned
// table with a default partition, enums and an enum array, a domain, a generated
// column, identity columns, a serial and a free sequence, json beside jsonb (with
// a key given twice), text arrays, names that need quoting, a trigger, a view, and
// two materialised views of which one reads the other. [Tables] and [Keys] are
// its SQL; rules/experimentation.yaml is the ruleset for it.
//
// # Size
//
// All follows from the number of users: six events, four assignments and a
// payment for each, a ticket for every tenth. 600,000 users are 7.4 million rows
// and a gigabyte as text. The same options give the same rows, byte for byte, and
// the first users of a bigger database have the names of those of a smaller one.
// Rows are made as the server takes them: memory doesn't grow.
package shop
