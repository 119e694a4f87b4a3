package fake

import (
	"fmt"
	"strconv"
	"strings"
)

// base58 is what addresses are written in: no 0, O, I or l.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func finance() []variable {
	return []variable{
		{"$randomBankAccount", func(d *drawer) any { return d.text(8, digits) }},
		{"$randomBankAccountName", func(d *drawer) any { return d.pick("account_type") + " Account" }},
		{"$randomCreditCardMask", func(d *drawer) any { return d.text(4, digits) }},
		{"$randomBankAccountBic", text((*drawer).bic)},
		{"$randomBankAccountIban", text((*drawer).iban)},
		{"$randomTransactionType", item("transaction_type")},
		{"$randomCurrencyCode", func(d *drawer) any { return d.currency()[0] }},
		{"$randomCurrencyName", func(d *drawer) any {
			fields := d.currency()
			return strings.Join(fields[1:len(fields)-1], " ")
		}},
		{"$randomCurrencySymbol", func(d *drawer) any {
			fields := d.currency()
			return fields[len(fields)-1]
		}},
		{"$randomBitcoin", func(d *drawer) any { return d.of("1", "3") + d.text(d.between(24, 33), base58) }},
	}
}

// currency draws the words of a currency: its code, its name, its symbol.
func (d *drawer) currency() []string { return strings.Fields(d.pick("currency")) }

// bic is four letters for the bank, its country, two for the place and perhaps three for the branch (ISO 9362), of the
// form that Postman draws: a vowel before the country, a 1 at the end of the place.
func (d *drawer) bic() string {
	head := d.text(3, upper) + d.text(1, "AEIOU") + d.pick("country_code") + d.text(1, upper) + "1"
	if d.r.IntN(3) == 0 {
		return head + d.text(3, digits)
	}
	return head
}

// iban is an account number with the length and the check digits that ISO 13616 wants.
func (d *drawer) iban() string {
	country, format, _ := strings.Cut(d.pick("iban"), " ")
	var b strings.Builder
	n := 0
	for _, c := range format {
		switch c {
		case 'n':
			b.WriteString(d.text(n, digits))
		case 'a':
			b.WriteString(d.text(n, upper))
		case 'c':
			b.WriteString(d.text(n, digits+upper))
		default:
			n = n*10 + int(c-'0')
			continue
		}
		n = 0
	}
	account := b.String()
	return country + fmt.Sprintf("%02d", 98-mod97(account+country+"00")) + account
}

// mod97 is the remainder by 97 of a text in which A stands for 10 and Z for 35 (ISO 7064).
func mod97(text string) int {
	rest := 0
	for _, c := range text {
		digits := strconv.Itoa(int(c - '0'))
		if c >= 'A' {
			digits = strconv.Itoa(int(c-'A') + 10)
		}
		for _, digit := range digits {
			rest = (rest*10 + int(digit-'0')) % 97
		}
	}
	return rest
}
