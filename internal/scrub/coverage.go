package scrub

import (
	"fmt"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// cover finds the tables and columns that no rule names.
func (c *compiler) cover() {
	for _, t := range c.cat.Tables {
		if c.noRows(t) {
			continue
		}
		var missing []fault.Problem
		for _, col := range t.Columns {
			if col.Generated || c.choice(t, col.Name) != nil {
				continue
			}
			if owner := c.owner(t, col.Name); owner != t && !c.noRows(owner) {
				continue // said of the owner
			}
			missing = append(missing, fault.Problem{
				Kind: fault.NoColumnRule, Table: t.Name.String(), Column: col.Name,
				Text: fmt.Sprintf("%s.%s (%s) has no rule", t.Name, col.Name, columnType(col)),
				Fix:  fmt.Sprintf("if this fits, paste:   %s: %s", quoteKey(col.Name), guess(col)),
			})
		}
		switch {
		case c.rs.Tables[t.Name] != nil || t.Root != t.Name:
			c.uncovered = append(c.uncovered, missing...)
		case len(missing) > 0 || len(t.Columns) == 0:
			whose := ""
			if t.Extension != "" {
				whose = " (configuration of extension " + t.Extension + ")"
			}
			c.uncovered = append(c.uncovered, fault.Problem{
				Kind: fault.NoTableRule, Table: t.Name.String(), Text: fmt.Sprintf("%s%s has no rules", t.Name, whose),
				Fix: fmt.Sprintf("if its rows aren't needed, paste:   %s: {rows: none}", quoteKey(t.Name.String())),
			})
			c.uncovered = append(c.uncovered, missing...)
		}
	}
}

// quoteKey is a name as a YAML key.
func quoteKey(s string) string {
	plain := s != ""
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '.')) {
			plain = false
		}
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func columnType(col *catalog.Column) string {
	if n := col.MaxChars(); n > 0 {
		return fmt.Sprintf("%s(%d)", col.Type.SQL, n)
	}
	return col.Type.SQL
}

// guess is a rule to start from. It is only ever pasted by a person.
func guess(col *catalog.Column) string {
	family := transform.FamilyOf(col.Type)
	switch def := suggested(col.Name); {
	case def == nil:
	case def.Serves(family):
		return def.Name
	case family == transform.FamilyArray && def.Serves(transform.FamilyOf(col.Type.Underlying().Elem)):
		return "{array: " + def.Name + "}"
	}
	if family == transform.FamilyEmbedding {
		return "embedding_zero   # or null; what an embedding was made of can be guessed from it"
	}
	if family == transform.FamilyJSON {
		return "{json: {}}   # redacts all; list the paths that may stay"
	}
	return "keep   # only if it holds nothing personal"
}

// suggested is the transform that a column's name speaks for, nil if none: that of the
// last word, and of words that end together that of the longest. Words of three letters
// must stand by themselves.
func suggested(column string) (best *transform.Definition) {
	name := strings.ToLower(column)
	end, size := 0, 0
	for _, d := range transform.Definitions() {
		for _, part := range d.Suggest {
			at := strings.LastIndex(name, part)
			if at < 0 || len(part) <= 3 && !strings.Contains("_"+name+"_", "_"+part+"_") {
				continue
			}
			if e := at + len(part); e > end || e == end && len(part) > size {
				best, end, size = &d, e, len(part)
			}
		}
	}
	return best
}

// queues are tables in which job runners find their work, by runner. Whoever starts
// workers on staging has them run production's jobs: mails sent, cards charged.
var queues = []string{
	"background_jobs", "delayed_jobs", "django_celery_beat_periodictask", "django_celery_results_taskresult", "django_q_schedule", "django_q_ormq",
	"faktory_jobs", "good_jobs", "graphile_worker.jobs", "graphile_worker._private_jobs", "hangfire.job", "hangfire.jobqueue", "hdb_catalog.event_log",
	"hdb_catalog.hdb_scheduled_events", "job_batches", "jobs", "messenger_messages", "oban_jobs", "outbox", "pgagent.pga_job", "pgboss.job",
	"pgboss.schedule", "pgmq.meta", "procrastinate_jobs", "procrastinate_periodic_defers", "pgq.queue", "qrtz_triggers", "que_jobs", "queue_classic_jobs",
	"river_job", "scheduled_jobs", "solid_queue_jobs", "solid_queue_ready_executions", "solid_queue_scheduled_executions", "timescaledb_jobs",
}

// warnQueues warns of job runners' tables whose rows are copied.
func (c *compiler) warnQueues() {
	for _, t := range c.cat.Tables {
		if t.Kind == catalog.Foreign || t.Root != t.Name || c.noRows(t) {
			continue
		}
		name := strings.ToLower(t.Name.Name)
		if slices.Contains(queues, name) || slices.Contains(queues, strings.ToLower(t.Name.Schema)+"."+name) {
			c.warn("%s looks like the queue of a job runner: workers on staging would run production's jobs; write "+
				"rows: none for it if there are any", t.Name)
		}
	}
}
