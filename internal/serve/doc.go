// Package serve is what `refresher serve` does: it runs the pipelines of a configuration at the
// times of their schedules, and shows what it does.
//
// The engine is a [Control]. What stands in front of it knows no more: package web has the pages,
// api the HTTP API, metrics what Prometheus reads, and access says who may read and act. None
// holds personal data, since reports hold none.
package serve
