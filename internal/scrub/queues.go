package scrub

import (
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

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
			c.warn("%s looks like the queue of a job runner: workers on staging would run production's jobs; write rows: none for it if there are any", t.Name)
		}
	}
}
