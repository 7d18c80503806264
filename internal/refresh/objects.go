package refresh

import (
	"context"

	"refresher/internal/postgres/client"
	"refresher/internal/report"
	"refresher/internal/restore"
	"refresher/internal/snapshot"
)

// objects is a stretch of large objects on its way.
type objects struct {
	oids snapshot.OIDRange
	sent map[uint32]client.LargeObjectSum // until the stretch is booked: each object, in whichever attempt
	sum  client.LargeObjectSum            // of all
}

// guardObjects finds out what the source has of large objects, and that those which
// the rules keep can be read.
func (r *run) guardObjects(ctx context.Context) error {
	r.objects, r.report.LargeObjects = nil, nil
	o, err := r.source.LargeObjects(ctx)
	if err != nil || o.Count == 0 {
		return err
	}
	keep := r.Rules.LargeObjects.Keep
	r.report.LargeObjects = &report.LargeObjects{Kept: keep, Count: o.Count, Bytes: o.Bytes}
	if !keep {
		r.warn("the source has %s large objects, %s on its disk: they are not copied, as the rules don't say large_objects: keep", report.Count(o.Count), report.Size(o.Bytes))
		return nil
	}
	if err := o.Readable(); err != nil {
		return err
	}
	r.objects, err = r.source.LargeObjectRanges(ctx)
	return err
}

// planObjects are the stretches of large objects, as jobs after so many others.
func (r *run) planObjects(after int) (jobs []job) {
	for i, oids := range r.objects {
		jobs = append(jobs, job{objects: &objects{oids: oids}, entry: restore.Entry{Chunk: int32(after + i)}})
	}
	return jobs
}

// copyObjects copies what staging lacks of a stretch of large objects, each in a
// transaction of its own, and books the stretch when all are there.
func (r *run) copyObjects(ctx context.Context, from *snapshot.Reader, to *restore.Loader, j job) error {
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
		if o.sent[oid], err = r.copyObject(ctx, from, to, oid, there[oid]); err != nil {
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
func (r *run) copyObject(ctx context.Context, from *snapshot.Reader, to *restore.Loader, oid uint32, there bool) (client.LargeObjectSum, error) {
	var p pulse
	ctx, stop := p.watch(ctx, r.Retry.Stall)
	defer stop()
	digest := client.NewLargeObjectDigest(oid)
	read := func(each func([]byte) error) error {
		return from.LargeObject(ctx, oid, func(piece []byte) error {
			_, _ = digest.Write(piece)
			p.beats.Add(1)
			p.writing.Store(true)
			err := each(piece)
			p.writing.Store(false)
			r.watch.Copied("large objects", 0, int64(len(piece)))
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

// countObjects sums up the large objects that arrived.
func (r *run) countObjects() {
	if len(r.objects) == 0 {
		return
	}
	sum := r.objectsSent()
	r.report.LargeObjects.Count, r.report.LargeObjects.Bytes = sum.Count, sum.Bytes
}

// objectsSent is the sum of the large objects that left the source.
func (r *run) objectsSent() *client.LargeObjectSum {
	sum := &client.LargeObjectSum{}
	for _, j := range r.filling.jobs {
		if j.objects != nil {
			sum.Add(j.objects.sum)
		}
	}
	return sum
}
