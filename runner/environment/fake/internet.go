package fake

import (
	"net/url"
	"strconv"
	"strings"
)

func images() []variable {
	all := []variable{
		{"$randomAvatarImage", func(d *drawer) any {
			return "https://avatars.githubusercontent.com/u/" + strconv.Itoa(d.between(0, 100_000_000))
		}},
		{"$randomImageUrl", func(*drawer) any { return imageURL }},
	}
	for _, category := range []string{
		"Abstract", "Animals", "Business", "Cats", "City", "Food", "Nightlife", "Fashion", "People", "Nature", "Sports", "Transport",
	} {
		all = append(all, variable{"$random" + category + "Image", func(*drawer) any { return imageURL + "/" + strings.ToLower(category) }})
	}
	return append(all, variable{"$randomImageDataUri", func(d *drawer) any { return dataURI("#" + d.text(6, hexList)) }})
}

const imageURL = "http://placeimg.com/640/480"

// dataURI is a rectangle in SVG as a data URI (RFC 2397).
func dataURI(color string) string {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="640" height="480"><rect width="100%" height="100%" fill="` +
		color + `"/></svg>`
	return "data:image/svg+xml;charset=UTF-8," + strings.ReplaceAll(url.QueryEscape(svg), "+", "%20")
}

func internet() []variable {
	return []variable{
		{"$randomIP", text((*drawer).ip)},
		{"$randomIPV6", func(d *drawer) any { return d.join(8, ":", func() string { return d.text(4, hexList) }) }},
		{"$randomMACAddress", func(d *drawer) any { return d.join(6, ":", func() string { return d.text(2, hexList) }) }},
		{"$randomPassword", func(d *drawer) any { return d.text(15, digits+upper+lower+"_") }},
		{"$randomUserAgent", text((*drawer).userAgent)},
		{"$randomProtocol", text((*drawer).protocol)},
		{"$randomDomainName", text((*drawer).domain)},
		{"$randomDomainSuffix", item("top_level_domain")},
		{"$randomDomainWord", text((*drawer).domainWord)},
		{"$randomEmail", text((*drawer).email)},
		{"$randomExampleEmail", text((*drawer).email)},
		{"$randomUserName", text((*drawer).userName)},
		{"$randomUrl", func(d *drawer) any { return d.protocol() + "://" + d.domain() }},
	}
}

func (d *drawer) ip() string {
	return d.join(4, ".", func() string { return strconv.Itoa(d.between(0, 255)) })
}

func (d *drawer) protocol() string { return d.of("http", "https") }

func (d *drawer) domainWord() string { return strings.ToLower(d.pick("first_name")) }

func (d *drawer) domain() string { return d.domainWord() + "." + d.pick("top_level_domain") }

// userName is the one of Postman's forms that repeats least.
func (d *drawer) userName() string {
	return d.pick("first_name") + d.of(".", "_") + d.pick("last_name") + strconv.Itoa(d.between(0, 99))
}

// email is at a domain that nobody has: RFC 2606, section 3.
func (d *drawer) email() string { return d.userName() + "@example." + d.of("com", "net", "org") }

func (d *drawer) userAgent() string {
	platform := "Mozilla/5.0 (" + d.pick("platform")
	major := strconv.Itoa(d.between(100, 140))
	switch d.r.IntN(3) {
	case 0:
		return platform + "; rv:" + major + ".0) Gecko/20100101 Firefox/" + major + ".0"
	case 1:
		return platform + ") AppleWebKit/605.1.15 (KHTML, like Gecko) Version/" + strconv.Itoa(d.between(14, 18)) + ".1 Safari/605.1.15"
	}
	return platform + ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + major + ".0.0.0 Safari/537.36"
}
