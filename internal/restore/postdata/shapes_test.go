package postdata

import (
	"regexp"
	"testing"
)

// What isn't recognized runs one by one, and nothing else tells.
func TestShapes(t *testing.T) {
	for text, shape := range map[string]*regexp.Regexp{
		`CREATE UNIQUE INDEX "a b" ON public."T 1" USING btree (id)`:                                        indexShape(),
		"ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (id)":                             constraintShape(),
		`ALTER TABLE ONLY public.t ADD CONSTRAINT "a key" UNIQUE (id)`:                                      constraintShape(),
		"ALTER TABLE ONLY public.t\n    ADD CONSTRAINT e EXCLUDE USING gist (r WITH &&)":                    constraintShape(),
		"ALTER TABLE ONLY public.t\n    ADD CONSTRAINT f FOREIGN KEY (a, \"b)\") REFERENCES public.u(a, b)": foreignKeyShape(),
		`ALTER TABLE public.t CLUSTER ON "a key"`:                                                           afterShape(),
		"ALTER TABLE ONLY public.t REPLICA IDENTITY USING INDEX t_pkey":                                     afterShape(),
		"ALTER TABLE ONLY public.p\n    ADD CONSTRAINT e EXCLUDE USING btree (a WITH =)":                    exclusionShape(),
	} {
		if !shape.MatchString(text) {
			t.Errorf("%s doesn't match %s", text, shape)
		}
	}
}
