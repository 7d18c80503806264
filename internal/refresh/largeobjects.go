package refresh

import (
	"context"

	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/report/visible"
	"refresher/internal/restore"
	"refresher/internal/snapshot"
)

// objects is a range of large objects on its way.
type objects struct {
	oids snapshot.OIDRange
	sent map[uint32]client.LargeObjectSum // until the range is booked: each object, in whichever attempt
	sum  client.LargeObjectSum            // of all
}

// planObjects finds out what the source has of large objects, and that those which
// the rules keep can be read.
func planObjects(ctx context.Context, o *Options, rec *recorder, source *snapshot.Source) ([]snapshot.OIDRange, error) {
	rec.report.LargeObjects = nil
	found, err := source.LargeObjects(ctx)
	if err != nil || found.Count == 0 {
		return nil, err
	}
	keep := o.Rules.LargeObjects.Keep
	rec.report.LargeObjects = &report.LargeObjects{Kept: keep, Count: found.Count, Bytes: found.Bytes}
	if !keep {
		rec.warn("the source has %s large objects, %s on its disk: they are not copied, as the rules don't say "+
			"large_objects: keep", visible.Count(found.Count), visible.Size(found.Bytes))
		return nil, nil
	}
	if err := found.Readable(); err != nil {
		return nil, err
	}
	return source.LargeObjectRanges(ctx)
}

func objectJobs(ranges []snapshot.OIDRange) (jobs []job) {
	for _, oids := range ranges {
		jobs = append(jobs, job{objects: &objects{oids: oids}})
	}
	return jobs
}

// copyObjects copies what staging lacks of a range of large objects, each in a
// transaction of its own, and books the range when all are there.
func (c *copier) copyObjects(ctx context.Context, from *snapshot.Reader, to *restore.Loader, j job) error {
	o := j.objects
	oids, err := from.LargeObjects(ctx, o.oids)
	if err != nil {
		return err
	}
	there, err := to.HasLargeObjects(ctx, oids)
	if err != nil {
		return err
	}
	if o.sent == nil {
		o.sent = map[uint32]client.LargeObjectSum{}
	}
	for _, oid := range oids {
		if _, sent := o.sent[oid]; sent && there[oid] {
			continue
		}
		if o.sent[oid], err = c.copyObject(ctx, from, to, oid, there[oid]); err != nil {
			return err
		}
	}
	if err := from.Holding(ctx); err != nil {
		return err
	}
	o.sum = client.LargeObjectSum{}
	for _, s := range o.sent {
		o.sum.Add(s)
	}
	if err := to.Book(ctx, j.entry); err != nil {
		return err
	}
	o.sent = nil
	return nil
}

// copyObject streams one large object; one that is there is only summed up. The sum
// counts also after an error: the answer may be lost, the object not.
func (c *copier) copyObject(ctx context.Context, from *snapshot.Reader, to *restore.Loader, oid uint32,
	there bool) (client.LargeObjectSum, error) {
	var a activity
	ctx, stop := a.watch(ctx, c.stall)
	defer stop()
	digest := client.NewLargeObjectDigest(oid)
	read := func(each func([]byte) error) error {
		return from.LargeObject(ctx, oid, func(piece []byte) error {
			_, _ = digest.Write(piece)
			a.steps.Add(1)
			a.writing.Store(true)
			err := each(piece)
			a.writing.Store(false)
			c.watch.Copied("large objects", 0, int64(len(piece)))
			return err
		})
	}
	var err error
	if there {
		err = read(func([]byte) error { return nil })
	} else {
		err = to.LargeObject(ctx, oid, read)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return digest.Sum(), err
}

// objectsSent is the sum of the large objects that left the source.
func (d *filled) objectsSent() *client.LargeObjectSum {
	sum := &client.LargeObjectSum{}
	for _, j := range d.jobs {
		if j.objects != nil {
			sum.Add(j.objects.sum)
		}
	}
	return sum
}
