package ident

// Phone reports whether digits (no +) are a number of ITU-T E.164 in full: an
// assigned calling code and a national number of a length that its plan has. A
// trunk zero behind the code, as in +44 (0)20, is passed over.
func Phone(digits []byte) bool {
	cc := CallingCode(digits)
	if cc == 0 || len(digits) <= cc {
		return false
	}
	national := digits[cc:]
	if national[0] == '0' && digits[0] != '1' && len(national) > 1 {
		national = national[1:]
	}
	switch {
	case digits[0] == '1':
		return NANP(national)
	case digits[0] == '7':
		return len(national) == 10
	}
	low, high := 5, 15-cc
	if cc == 2 {
		if p := plans2[int(digits[0]-'0')*10+int(digits[1]-'0')]; p != 0 {
			low, high = int(p>>4), int(p&15)
		}
	}
	return len(national) >= low && len(national) <= high && cc+len(national) >= 8
}

// plans2 are the shortest and longest national numbers behind a two-digit
// calling code (ITU Operational Bulletins, national numbering plans), as hex digits.
var plans2 = [100]uint8{20: 0x8A, 27: 0x99, 30: 0xAA, 31: 0x99, 32: 0x89, 33: 0x99, 34: 0x99, 36: 0x89, 39: 0x6B,
	40: 0x99, 41: 0x99, 43: 0x6D, 44: 0x9A, 45: 0x88, 46: 0x79, 47: 0x88, 48: 0x99, 49: 0x6B,
	51: 0x89, 52: 0xAA, 53: 0x68, 54: 0xAB, 55: 0xAB, 56: 0x99, 57: 0x8A, 58: 0xAA,
	60: 0x8A, 61: 0x99, 62: 0x8C, 63: 0x8A, 64: 0x8A, 65: 0x88, 66: 0x89,
	81: 0x9A, 82: 0x8A, 84: 0x9A, 86: 0xAB, 90: 0xAA, 91: 0xAA, 92: 0x9A, 93: 0x99, 94: 0x99, 95: 0x7A, 98: 0xAA}
