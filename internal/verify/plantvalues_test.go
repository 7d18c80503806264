package verify_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/pii/ident"
)

// plantedClass makes values as production has them.
type plantedClass struct {
	class pii.Class
	make  func(r *rand.Rand) string
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func person(r *rand.Rand) (first, last string) {
	return pick(r, "Hanna", "Torbjörn", "Zdzisława", "Björk", "Saoirse", "Ngozi", "Thiago", "Renée", "Oisín", "Iñaki"),
		pick(r, "Bergström", "Włodarczyk", "Okonkwo", "Guðmundsdóttir", "Fitzwilliam", "Echeverría", "Vandenberghe",
			"Szczepański", "Papadopoulos", "McGillicuddy")
}

// luhn completes digits by their check digit (ISO/IEC 7812-1).
func luhn(d string) string { return d + string(rune(ident.LuhnDigit([]byte(d)))) }

func hexDigits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return string(b)
}

var plantedClasses = []plantedClass{
	{pii.Email, func(r *rand.Rand) string {
		f, l := person(r)
		return plainASCII(strings.ToLower(f)) + pick(r, ".", "_", "-", "+") + plainASCII(strings.ToLower(l)) +
			digits(r, 2) + "@" + pick(r, "gmail.com", "posteo.se", "t-online.de", "mail.co.uk")
	}},
	{pii.Phone, func(r *rand.Rand) string {
		return pick(r, "+46 70 1", "+49 151 2", "+44 7911 1", "+48 601 2") + digits(r, 2) + " " + digits(r, 2) + " " +
			digits(r, 2)
	}},
	{pii.FullName, func(r *rand.Rand) string { f, l := person(r); return f + " " + pick(r, "", "von ", "J. ") + l }},
	{pii.Street, func(r *rand.Rand) string {
		return digits(r, 3) + " " + pick(r, "Storgatan", "Kungsholms Strand", "Plac Zamkowy", "Rue Lepic") + " " +
			pick(r, "Apt 4", "2B", "lgh 1104")
	}},
	{pii.IP, func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d.%d", 77+r.IntN(10), 100+r.IntN(100), 100+r.IntN(100), 100+r.IntN(100))
	}},
	{pii.NationalID, func(r *rand.Rand) string {
		return "5" + digits(r, 2) + "-4" + digits(r, 1) + "-7" +
			digits(r, 3)
	}},
	{pii.CreditCard, func(r *rand.Rand) string { return luhn("4716" + digits(r, 11)) }},
	{pii.IBAN, func(r *rand.Rand) string { return "SE45" + digits(r, 20) }},
	{pii.Username, func(r *rand.Rand) string {
		f, _ := person(r)
		return strings.ToLower(plainASCII(f)) + pick(r, "_the_", "-of-", "the") + digits(r, 4)
	}},
	{pii.MAC, func(r *rand.Rand) string {
		h := hexDigits(r, 10)
		return "3c:" + h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:8] + ":" + h[8:]
	}},
	{pii.Token, func(r *rand.Rand) string { return "tok" + hexDigits(r, 8) + "x" + digits(r, 6) + hexDigits(r, 8) }},
	{pii.IMEI, func(r *rand.Rand) string { return luhn("35" + digits(r, 12)) }},
	{pii.VIN, func(r *rand.Rand) string { return "YV1LW" + digits(r, 3) + "B" + digits(r, 8) }},
	{pii.Crypto, func(r *rand.Rand) string { return "0x" + hexDigits(r, 20) + "9f" + hexDigits(r, 18) }},
}

func plainASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 127 {
			return 'o'
		}
		return r
	}, s)
}
