package fake

import "strings"

func words() []variable {
	return []variable{
		{"$randomLocale", item("locale")},
		{"$randomWord", text((*drawer).word)},
		{"$randomWords", func(d *drawer) any { return d.words(2, 5) }},
		{"$randomPhrase", text((*drawer).phrase)},
		{"$randomAdjective", item("computer_adjective")},
		{"$randomNoun", item("computer_noun")},
		{"$randomVerb", item("computer_verb")},
		{"$randomIngverb", item("computer_ing")},
		{"$randomLoremWord", item("lorem")},
		{"$randomLoremWords", func(d *drawer) any { return d.lorem(3, " ") }},
		{"$randomLoremSentence", text((*drawer).sentence)},
		{"$randomLoremSentences", func(d *drawer) any { return d.sentences(d.between(2, 6), " ") }},
		{"$randomLoremParagraph", text((*drawer).paragraph)},
		{"$randomLoremParagraphs", text((*drawer).paragraphs)},
		{"$randomLoremText", text((*drawer).prose)},
		{"$randomLoremSlug", func(d *drawer) any { return d.lorem(3, "-") }},
		{"$randomLoremLines", text((*drawer).lines)},
	}
}

// word is any word of a few lists.
func (d *drawer) word() string {
	list := d.of("department", "product", "product_adjective", "product_material", "color", "slogan_noun", "buzz_verb", "buzz_noun",
		"street_suffix", "country", "transaction_type", "computer_noun", "computer_verb", "computer_ing", "job_area", "job_type")
	return d.of(strings.Fields(d.pick(list))...)
}

func (d *drawer) words(low, high int) string { return d.join(d.between(low, high), " ", d.word) }

// phrase fills in each <list> of a phrase.
func (d *drawer) phrase() string {
	var b strings.Builder
	rest := d.pick("phrase")
	for {
		before, after, ok := strings.Cut(rest, "<")
		b.WriteString(before)
		if !ok {
			return capitalized(b.String())
		}
		list, after, _ := strings.Cut(after, ">")
		b.WriteString(d.pick(list))
		rest = after
	}
}

func (d *drawer) lorem(n int, separator string) string {
	return d.join(n, separator, func() string { return d.pick("lorem") })
}

func (d *drawer) sentence() string { return capitalized(d.lorem(d.between(3, 10), " ")) + "." }

func (d *drawer) sentences(n int, separator string) string { return d.join(n, separator, d.sentence) }

func (d *drawer) paragraph() string { return d.sentences(d.between(3, 6), " ") }

// paragraphs have Postman's odd separator between them.
func (d *drawer) paragraphs() string { return d.join(3, "\n \r", d.paragraph) }

func (d *drawer) lines() string { return d.sentences(d.between(1, 5), "\n") }

// prose is any of the others, from a word to paragraphs.
func (d *drawer) prose() string {
	switch d.r.IntN(7) {
	case 0:
		return d.pick("lorem")
	case 1:
		return d.lorem(3, " ")
	case 2:
		return d.sentence()
	case 3:
		return d.sentences(d.between(2, 6), " ")
	case 4:
		return d.paragraph()
	case 5:
		return d.paragraphs()
	}
	return d.lines()
}

// capitalized is a text of ASCII with its first letter in upper case.
func capitalized(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
