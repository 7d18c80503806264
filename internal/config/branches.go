package config

import (
	"strconv"
	"strings"
	"time"

	"refresher/internal/fault"
)

// Branches is how branches are made: databases of one's own from what a run verified.
type Branches struct {
	VerifiedCopy bool   `yaml:"verified_copy" doc:"each run keeps a copy of the verified database beside staging, NAME_verified, from which branches are made while people work in staging"`
	TTL          string `yaml:"ttl" doc:"how long a branch lives unless --ttl says otherwise, in days (7d) or as a duration (36h)" default:"7d"`
}

func (b Branches) validate(d *decoder) {
	if _, err := ParseTTL(b.TTL); err != nil {
		d.at("branches.ttl", "must be days such as 7d, or a duration such as 36h, from a minute to ten years")
	}
}

// ParseDays reads days, such as 7d, of 24 hours each, or a duration as Go writes it.
func ParseDays(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

// ParseTTL is [ParseDays] for what lives at least a minute and at most ten years.
func ParseTTL(text string) (time.Duration, error) {
	ttl, err := ParseDays(text)
	if err != nil || ttl < time.Minute || ttl > 3660*24*time.Hour {
		return 0, fault.BadInput("%q is not a time to live: write days such as 7d, or a duration such as 36h", text)
	}
	return ttl, nil
}
