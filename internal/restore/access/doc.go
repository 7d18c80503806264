// Package access has what belongs to a database rather than to its tables: owners, privileges, default privileges, what
// PUBLIC may do, the database's settings and comment. It reads them of one database and gives them to another:
//
//	facts, err := access.ReadFacts(ctx, conn, live)       // from a session in any database of the server
//	owned, err := access.ReadInventory(ctx, conn)         // from a session in the live one
//	open, err := access.ReadPublic(ctx, conn)
//	notes, err := access.Carry(ctx, shadow, owned, facts.Owner, production, open)
//	notes, err = access.CloseToPublic(ctx, shadow, production, open)
//	notes, err = access.CarryDatabase(ctx, conn, facts, "the shadow")
//
// The notes name what the session's role may not do, each with the server's reason; anything else that fails is an
// error.
package access
