package fake

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	uuidShape   = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	nameShape   = `[A-Z][A-Za-z']+`
	wordShape   = `[A-Za-z]+(-[A-Za-z]+)*`
	phoneShape  = `[2-9]\d\d-[2-9]\d\d-\d{4}`
	fileShape   = `\w+\.[a-z0-9_-]+`
	pathShape   = `(/[A-Za-z0-9+]+)+`
	userShape   = nameShape + `([._]` + nameShape + `)?\d{0,2}`
	domainShape = `[a-z]+\.[a-z]{2,4}`
	dateShape   = `(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT\+0000 \(Coordinated Universal Time\)`
	loremShape  = `[a-z]+`
	sentence    = `[A-Z][a-z]*( [a-z]+)*\.`
	paragraph   = sentence + `( ` + sentence + `)*`
)

// shapes are what Postman's values and ours look like, in the order of [Names].
func shapes() []struct{ name, shape string } {
	image := func(category string) string { return `http://placeimg\.com/640/480/` + category }
	return []struct{ name, shape string }{
		{"$guid", uuidShape},
		{"$timestamp", `\d{10}`},
		{"$isoTimestamp", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`},
		{"$randomUUID", uuidShape},
		{"$randomAlphaNumeric", `[0-9a-z]`},
		{"$randomBoolean", `true|false`},
		{"$randomInt", `\d{1,3}|1000`},
		{"$randomColor", `[a-z]+( [a-z]+)?`},
		{"$randomHexColor", `#[0-9a-f]{6}`},
		{"$randomAbbreviation", `[A-Z]{2,5}`},
		{"$randomFirstName", nameShape},
		{"$randomLastName", nameShape},
		{"$randomFullName", `((Mr|Mrs|Ms|Miss|Dr)\.? )?` + nameShape + ` ` + nameShape + `( (Jr\.|Sr\.|I|II|III|IV|V|MD|DDS|PhD|DVM))?`},
		{"$randomNamePrefix", `Mr\.|Mrs\.|Ms\.|Miss|Dr\.`},
		{"$randomNameSuffix", `Jr\.|Sr\.|I|II|III|IV|V|MD|DDS|PhD|DVM`},
		{"$randomJobArea", `[A-Z][a-z]+`},
		{"$randomJobDescriptor", `[A-Z][a-z]+`},
		{"$randomJobTitle", `[A-Z][a-z]+ [A-Z][a-z]+ [A-Z][a-z]+`},
		{"$randomJobType", `[A-Z][a-z]+`},
		{"$randomPhoneNumber", phoneShape},
		{"$randomPhoneNumberExt", `[1-9]\d?-` + phoneShape},
		{"$randomLocale", `[a-z]{2,3}`},
		{"$randomWord", `\S+`},
		{"$randomWords", `\S+( \S+){1,4}`},
		{"$randomPhrase", `[A-Za-z].* .*!`},
		{"$randomAdjective", `[a-z0-9]+([ -][a-z0-9]+)*`},
		{"$randomNoun", `[a-z]+( [a-z]+)?`},
		{"$randomVerb", `[a-z]+([ -][a-z]+)?`},
		{"$randomIngverb", `[a-z-]+ing( [a-z]+)?`},
		{"$randomLoremWord", loremShape},
		{"$randomLoremWords", loremShape + `( ` + loremShape + `){2}`},
		{"$randomLoremSentence", `[A-Z][a-z]*( [a-z]+){2,9}\.`},
		{"$randomLoremSentences", sentence + `( ` + sentence + `){1,5}`},
		{"$randomLoremParagraph", sentence + `( ` + sentence + `){2,5}`},
		{"$randomLoremParagraphs", paragraph + `(\n \r` + paragraph + `){2}`},
		{"$randomLoremText", `[A-Za-z][A-Za-z .\n\r]*`},
		{"$randomLoremSlug", loremShape + `(-` + loremShape + `){2}`},
		{"$randomLoremLines", sentence + `(\n` + sentence + `){0,4}`},
		{"$randomFileName", fileShape},
		{"$randomFileType", `[a-z]+(-[a-z]+)?`},
		{"$randomFileExt", `[a-z0-9_-]+`},
		{"$randomCommonFileName", fileShape},
		{"$randomCommonFileType", `video|audio|image|text|application`},
		{"$randomCommonFileExt", `[a-z0-9]{2,5}`},
		{"$randomFilePath", pathShape + `/` + fileShape},
		{"$randomDirectoryPath", pathShape},
		{"$randomMimeType", `[a-z-]+/[a-z0-9.+_-]+`},
		{"$randomSemver", `\d\.\d\.\d`},
		{"$randomCity", `[A-Z][A-Za-z .'/()-]+`},
		{"$randomStreetName", nameShape + ` [A-Z][a-z]+`},
		{"$randomStreetAddress", `\d{3,5} ` + nameShape + ` [A-Z][a-z]+`},
		{"$randomCountry", `[A-Z][A-Za-z0-9 .,'&()-]+`},
		{"$randomCountryCode", `[A-Z]{2}`},
		{"$randomLatitude", `-?\d{1,2}\.\d{4}`},
		{"$randomLongitude", `-?\d{1,3}\.\d{4}`},
		{"$randomDepartment", `[A-Z][a-z]+`},
		{"$randomProduct", `[A-Z][a-z]+`},
		{"$randomProductName", `[A-Z][a-z]+ [A-Z][a-z]+ [A-Z][a-z]+`},
		{"$randomProductAdjective", `[A-Z][a-z]+`},
		{"$randomProductMaterial", `[A-Z][a-z]+`},
		{"$randomPrice", `\d{1,4}\.\d\d`},
		{"$randomCompanyName", nameShape + `( (Inc|LLC|Group|and Sons)| - ` + nameShape + `|, ` + nameShape + ` and ` + nameShape + `)`},
		{"$randomCompanySuffix", `Inc|LLC|Group|and Sons`},
		{"$randomBs", `[a-z]+(-[a-z]+)? \S+ [A-Za-z-]+( services)?`},
		{"$randomBsAdjective", `[A-Za-z0-9/-]+`},
		{"$randomBsBuzz", wordShape},
		{"$randomBsNoun", `[A-Za-z-]+( services)?`},
		{"$randomCatchPhrase", `[A-Z][A-Za-z-]+( to face)? .*[a-z].* ?[A-Za-z-]+`},
		{"$randomCatchPhraseAdjective", `[A-Z][A-Za-z-]+( to face)?`},
		{"$randomCatchPhraseDescriptor", `[a-z0-9/-]+( [a-z]+)?`},
		{"$randomCatchPhraseNoun", `[A-Za-z-]+( [A-Za-z-]+){0,2}`},
		{"$randomDatabaseColumn", `[a-z]+([A-Z][a-z]+)?`},
		{"$randomDatabaseType", `[a-z]+`},
		{"$randomDatabaseCollation", `[a-z0-9]+(_[a-z0-9]+){1,2}`},
		{"$randomDatabaseEngine", `[A-Za-z]+`},
		{"$randomDateFuture", dateShape},
		{"$randomDatePast", dateShape},
		{"$randomDateRecent", dateShape},
		{"$randomWeekday", `(Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day`},
		{"$randomMonth", `January|February|March|April|May|June|July|August|September|October|November|December`},
		{"$randomBankAccount", `\d{8}`},
		{"$randomBankAccountName", `[A-Z][a-z]+( [A-Z][a-z]+)? Account`},
		{"$randomCreditCardMask", `\d{4}`},
		{"$randomBankAccountBic", `[A-Z]{3}[AEIOU][A-Z]{2}[A-Z]1([A-Z]{3}|\d{3})?`},
		{"$randomBankAccountIban", `[A-Z]{2}\d\d[A-Z0-9]{11,30}`},
		{"$randomTransactionType", `[a-z]+`},
		{"$randomCurrencyCode", `[A-Z]{3}`},
		{"$randomCurrencyName", `[A-Z].*[A-Za-z0-9)]`},
		{"$randomCurrencySymbol", `\S{1,4}`},
		{"$randomBitcoin", `[13][1-9A-HJ-NP-Za-km-z]{24,33}`},
		{"$randomAvatarImage", `https://(avatars\.githubusercontent\.com/u/\d{1,9}|cloudflare-ipfs\.com/ipfs/\w+/avatar/\d{1,4}\.jpg)`},
		{"$randomImageUrl", `http://placeimg\.com/640/480`},
		{"$randomAbstractImage", image("abstract")},
		{"$randomAnimalsImage", image("animals")},
		{"$randomBusinessImage", image("business")},
		{"$randomCatsImage", image("cats")},
		{"$randomCityImage", image("city")},
		{"$randomFoodImage", image("food")},
		{"$randomNightlifeImage", image("nightlife")},
		{"$randomFashionImage", image("fashion")},
		{"$randomPeopleImage", image("people")},
		{"$randomNatureImage", image("nature")},
		{"$randomSportsImage", image("sports")},
		{"$randomTransportImage", image("transport")},
		{"$randomImageDataUri", `data:image/svg\+xml;charset=UTF-8,%3Csvg%20xmlns%3D%22http%3A%2F%2Fwww\.w3\.org%2F2000%2Fsvg%22[\w%.-]+%3C%2Fsvg%3E`},
		{"$randomIP", `((25[0-5]|2[0-4]\d|1\d\d|\d?\d)(\.|$)){4}`},
		{"$randomIPV6", `[0-9a-f]{4}(:[0-9a-f]{4}){7}`},
		{"$randomMACAddress", `[0-9a-f]{2}(:[0-9a-f]{2}){5}`},
		{"$randomPassword", `\w{15}`},
		{"$randomUserAgent", `(Mozilla/5\.0|Opera/\d+\.\d+) \([^()]+.*`},
		{"$randomProtocol", `https?`},
		{"$randomDomainName", domainShape},
		{"$randomDomainSuffix", `com|net|org|info|biz|name`},
		{"$randomDomainWord", `[a-z]+`},
		{"$randomEmail", userShape + `@[a-z]+\.(com|net|org)`},
		{"$randomExampleEmail", userShape + `@example\.(com|net|org)`},
		{"$randomUserName", userShape},
		{"$randomUrl", `https?://` + domainShape},
	}
}

func noon() time.Time { return time.Date(2026, 11, 5, 12, 0, 0, 9_000_000, time.FixedZone("", 3600)) }

// newRand is a source that gives the same for good: its algorithm is specified at c2sp.org/chacha8rand.
func newRand(seed byte) *rand.Rand { return rand.New(rand.NewChaCha8([32]byte{seed})) }

func TestShapes(t *testing.T) {
	t.Parallel()
	var names []string
	r := newRand(1)
	for _, tt := range shapes() {
		names = append(names, tt.name)
		shape := regexp.MustCompile(`^(` + tt.shape + `)$`)
		drawn := map[string]bool{}
		for range 2000 {
			v, ok := Value(tt.name, r, noon())
			text := fmt.Sprint(v)
			if !ok || !Known(tt.name) || !shape.MatchString(text) {
				t.Errorf("%s = %q, %t; want %s", tt.name, text, ok, shape)
				break
			}
			drawn[text] = true
		}
		constant := tt.name == "$timestamp" || tt.name == "$isoTimestamp" || strings.HasPrefix(tt.shape, "http://placeimg")
		if constant != (len(drawn) == 1) {
			t.Errorf("%s gave %d values", tt.name, len(drawn))
		}
	}
	if diff := cmp.Diff(names, Names()); diff != "" || len(names) != 118 {
		t.Errorf("%d names, -shapes +Names:\n%s", len(names), diff)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "$", "guid", "$Guid", "$randomEmails", "$guid "} {
		if v, ok := Value(name, newRand(1), noon()); ok || v != nil || Known(name) {
			t.Errorf("%q = %v, %t", name, v, ok)
		}
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	numbers := []string{"$timestamp", "$randomInt", "$randomLatitude", "$randomLongitude", "$randomPrice"}
	for _, name := range Names() {
		v, _ := Value(name, newRand(2), noon())
		want := "string"
		switch {
		case slices.Contains(numbers, name):
			want = "json.Number"
		case name == "$randomBoolean":
			want = "bool"
		}
		if got := fmt.Sprintf("%T", v); got != want {
			t.Errorf("%s is a %s, want %s", name, got, want)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Errorf("%s = %v: %v", name, v, err)
		}
	}
}

// TestSameSeed pins what a seed gives: a change here changes every recorded run.
func TestSameSeed(t *testing.T) {
	t.Parallel()
	draw := func(seed byte) []string {
		r := newRand(seed)
		var all []string
		for range 3 {
			for _, name := range Names() {
				v, _ := Value(name, r, noon())
				all = append(all, name+" "+fmt.Sprint(v))
			}
		}
		return all
	}
	first := draw(7)
	if diff := cmp.Diff(first, draw(7)); diff != "" {
		t.Errorf("one seed, two runs:\n%s", diff)
	}
	if cmp.Equal(first, draw(8)) {
		t.Error("two seeds, the same run")
	}
	r := newRand(7)
	var got []string
	for _, name := range []string{"$guid", "$randomInt", "$randomEmail", "$randomLatitude", "$randomBankAccountIban", "$randomDatePast"} {
		v, _ := Value(name, r, noon())
		got = append(got, fmt.Sprint(v))
	}
	want := []string{
		"084986e8-cad4-420e-a40a-360e52c7b8e0", "405", "Irene_Meyer53@example.net", "46.6645", "RO42PAZANHGREHPY75HEYC8H",
		"Thu Apr 02 2026 02:37:53 GMT+0000 (Coordinated Universal Time)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("seed 7, -want +got:\n%s", diff)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	r := newRand(3)
	for name, limits := range map[string][2]time.Duration{
		"$randomDateFuture": {time.Second, 365 * 24 * time.Hour},
		"$randomDatePast":   {-365 * 24 * time.Hour, -time.Second},
		"$randomDateRecent": {-24 * time.Hour, -time.Second},
	} {
		for range 2000 {
			v, _ := Value(name, r, noon())
			at, err := time.Parse("Mon Jan 02 2006 15:04:05 GMT-0700 (Coordinated Universal Time)", v.(string))
			if after := at.Sub(noon()); err != nil || after < limits[0]-time.Second || after > limits[1] {
				t.Fatalf("%s = %s, %s from now, %v", name, v, after, err)
			}
		}
	}
	for name, want := range map[string]any{"$timestamp": json.Number("1793876400"), "$isoTimestamp": "2026-11-05T11:00:00.009Z"} {
		if got, _ := Value(name, r, noon()); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	r := newRand(4)
	for name, limits := range map[string][2]float64{
		"$randomInt": {0, 1000}, "$randomPrice": {0, 1000}, "$randomLatitude": {-90, 90}, "$randomLongitude": {-180, 180},
	} {
		lowest, highest := limits[1], limits[0]
		for range 20_000 {
			v, _ := Value(name, r, noon())
			n, err := v.(json.Number).Float64()
			if err != nil || n < limits[0] || n > limits[1] {
				t.Fatalf("%s = %v, %v", name, v, err)
			}
			lowest, highest = min(lowest, n), max(highest, n)
		}
		if near := (limits[1] - limits[0]) / 200; lowest > limits[0]+near || highest < limits[1]-near {
			t.Errorf("%s lies between %v and %v", name, lowest, highest)
		}
	}
}

func TestIBAN(t *testing.T) {
	t.Parallel()
	// The example of ISO 13616's registry for the United Kingdom, and one digit off.
	if mod97("WEST12345698765432GB82") != 1 || mod97("WEST12345698765433GB82") == 1 {
		t.Error("mod97 is wrong")
	}
	// Lengths from the same registry.
	lengths := map[string]int{"DE": 22, "FR": 27, "GB": 22, "NL": 18, "NO": 15, "MT": 31, "IT": 27, "PL": 28, "ES": 24, "AT": 20, "CH": 21}
	r := newRand(5)
	for range 5000 {
		v, _ := Value("$randomBankAccountIban", r, noon())
		iban := v.(string)
		if mod97(iban[4:]+iban[:4]) != 1 {
			t.Fatalf("%s has wrong check digits", iban)
		}
		if want, ok := lengths[iban[:2]]; ok && len(iban) != want {
			t.Fatalf("%s has %d characters, want %d", iban, len(iban), want)
		}
	}
}

func TestImageDataURI(t *testing.T) {
	t.Parallel()
	v, _ := Value("$randomImageDataUri", newRand(6), noon())
	_, encoded, _ := strings.Cut(v.(string), ",")
	svg, err := url.PathUnescape(encoded)
	if err != nil || !regexp.MustCompile(`^<svg xmlns="http://www.w3.org/2000/svg" [^<>]+><rect [^<>]*fill="#[0-9a-f]{6}"/></svg>$`).MatchString(svg) {
		t.Errorf("%s, %v", svg, err)
	}
}

// TestLists holds that the lists are well-formed, and that the generators need just these.
func TestLists(t *testing.T) {
	t.Parallel()
	all := lists()
	for name, items := range all {
		seen := map[string]bool{}
		for _, item := range items {
			if item == "" || item != strings.TrimSpace(item) || seen[item] {
				t.Errorf("list %s: item %q is empty, has blanks around it or comes twice", name, item)
			}
			seen[item] = true
		}
	}
	for _, list := range []string{"media_type", "common_media_type"} {
		for _, item := range all[list] {
			if len(strings.Fields(item)) < 2 {
				t.Errorf("list %s: %q has no extension", list, item)
			}
		}
	}
	for _, item := range all["currency"] {
		if len(strings.Fields(item)) < 3 {
			t.Errorf("list currency: %q lacks something", item)
		}
	}
	for _, phrase := range all["phrase"] {
		for _, list := range regexp.MustCompile(`<(.*?)>`).FindAllStringSubmatch(phrase, -1) {
			if len(all[list[1]]) == 0 {
				t.Errorf("phrase %q: there is no list %s", phrase, list[1])
			}
		}
	}
}

// FuzzValue: no name and no source of randomness makes it panic, and every value has a form in JSON.
func FuzzValue(f *testing.F) {
	for i, name := range append(Names(), "", "$", "$random", "$randomÉmail") {
		f.Add(name, uint64(i), int64(i)<<40)
	}
	f.Fuzz(func(t *testing.T, name string, seed uint64, seconds int64) {
		v, ok := Value(name, rand.New(rand.NewPCG(seed, 0)), time.Unix(seconds, 0))
		if ok != Known(name) || ok != (v != nil) {
			t.Fatalf("%q = %v, %t", name, v, ok)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatalf("%q = %v: %v", name, v, err)
		}
	})
}

func BenchmarkValue(b *testing.B) {
	r := newRand(1)
	for _, name := range []string{"$guid", "$randomInt", "$randomEmail", "$randomLoremParagraphs"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Value(name, r, noon())
			}
		})
	}
}
