package sample

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

// CheckCondition reports what keeps a text from being one SQL condition: it must be a single expression,
// with all parentheses, quotes and comments closed. Its errors go on from "where".
//
// What a condition may do beyond that, only a server can tell: it runs in a read-only transaction, with pg_catalog
// alone as search path, and its functions must be PostgreSQL's own and not volatile, which
// leaves out all that sleep, write, signal other sessions or read files.
func CheckCondition(text string) error {
	var l sqltext.Lexer
	depth := 0
	for b := []byte(text); len(b) > 0; {
		kind, n := l.Next(b)
		switch {
		case kind == sqltext.End || kind == sqltext.Sign && b[0] == ';':
			return errors.New("holds a semicolon: write one condition")
		case kind == sqltext.Sign && b[0] == '(':
			depth++
		case kind == sqltext.Sign && b[0] == ')':
			if depth--; depth < 0 {
				return errors.New("closes a parenthesis that it did not open")
			}
		}
		b = b[n:]
	}
	switch {
	case l.Open():
		return errors.New("ends within a quoted text, a name or a comment")
	case depth > 0:
		return errors.New("leaves a parenthesis open")
	case len(sqltext.Tokens(text)) == 0:
		return errors.New("is empty")
	}
	return nil
}

// called are the names of functions that a condition may call, as written in pg_proc, and whether it names a
// function or an operator of a schema other than pg_catalog.
func called(text string) (names []string, foreign bool) {
	tokens := sqltext.Tokens(text)
	name := func(i int) string {
		if tokens[i].Kind == sqltext.Name {
			return tokens[i].Value()
		}
		return strings.ToLower(tokens[i].Text)
	}
	isName := func(i int) bool {
		return i >= 0 && (tokens[i].Kind == sqltext.Word || tokens[i].Kind == sqltext.Name)
	}
	for i := 1; i < len(tokens); i++ {
		if tokens[i].Text != "(" || !isName(i-1) {
			continue
		}
		if tokens[i-1].Kind == sqltext.Word && name(i-1) == "operator" {
			foreign = foreign || i+1 == len(tokens) || isName(i+1) && name(i+1) != "pg_catalog"
			continue
		}
		names = append(names, name(i-1))
		if i >= 3 && tokens[i-2].Text == "." && isName(i-3) && name(i-3) != "pg_catalog" {
			foreign = true
		}
	}
	return names, foreign
}

// CheckConditions holds the conditions of roots against a database, whose tables may have no rows yet: that they
// can be parsed, read columns that are there, and call nothing but what [CheckCondition] allows. It plans
// them and reads no row. A mistake is a *fault.Input.
func CheckConditions(ctx context.Context, conn *pgx.Conn, roots []Root) error {
	var in fault.Input
	for _, r := range roots {
		if r.Where == "" {
			continue
		}
		problem, err := condition(ctx, conn, r)
		if err != nil {
			return err
		}
		if problem != "" {
			in.Problems = append(in.Problems, fault.Problem{Text: "sample: root table " + r.Table.String() + ": where " + problem})
		}
	}
	if len(in.Problems) > 0 {
		return &in
	}
	return nil
}

func condition(ctx context.Context, conn *pgx.Conn, r Root) (problem string, err error) {
	if err := CheckCondition(r.Where); err != nil {
		return err.Error(), nil
	}
	names, foreign := called(r.Where)
	if foreign {
		return "names a function or an operator of another schema than pg_catalog: " +
			"only PostgreSQL's own can be used", nil
	}
	rows, err := conn.Query(ctx, `SELECT DISTINCT proname::text FROM pg_catalog.pg_proc
		WHERE proname = ANY($1::text[]) AND pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v' ORDER BY 1`, names)
	if err != nil {
		return "", client.Wrap(err, "looking up the functions of a sample's condition")
	}
	volatile, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", client.Wrap(err, "looking up the functions of a sample's condition")
	}
	if len(volatile) > 0 {
		return "calls " + strings.Join(volatile, ", ") + ": a volatile function does more than look at a row, " +
			"or gives another answer each time", nil
	}
	if _, err := planned(ctx, conn, r); err != nil {
		if state := client.Code(err); len(state) == 5 && slices.Contains([]string{"22", "42"}, state[:2]) {
			return "is none that the database understands: " + client.Wrap(err, "planning it").Error(), nil
		}
		return "", err
	}
	return "", nil
}

// planned is how many rows of a table a condition takes by the planner's estimate.
func planned(ctx context.Context, conn *pgx.Conn, r Root) (float64, error) {
	sql := "EXPLAIN (FORMAT JSON) SELECT FROM " + r.Table.SQL() + " AS " + catalog.Quote(r.Table.Name)
	if r.Where != "" {
		sql += " WHERE (" + r.Where + "\n)"
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := conn.QueryRow(ctx, sql).Scan(&plans); err != nil {
		return 0, err
	}
	return plans[0].Plan.Rows, nil
}
