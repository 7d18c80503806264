package scrub

import (
	"refresher/internal/pii"
	"refresher/internal/pii/fake"
)

func userAgentDef() Definition {
	return Definition{
		Name: "user_agent", Suggest: []string{"user_agent", "useragent"}, Class: pii.UserAgent, Families: []Family{FamilyText}, Space: "50",
		Doc:     "A browser's user agent that millions send; its product alone where a column is short.",
		Example: Example{Rule: "user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
		Build:   buildUserAgent,
	}
}

func buildUserAgent(d *Domain) (Masks, error) {
	short := d.chars(fake.MaxUserAgent) != nil
	m := &identity{domainPrefix(d.name), trimmed, func(dst []byte, h *fake.Digest, _ []byte) []byte {
		return fake.AppendUserAgent(dst, h, short)
	}}
	return Masks{FamilyText: m}, d.chars(fake.MaxShortUserAgent)
}
