package assertion

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// A markup is a node of an XML or HTML document. Neighbouring texts are one node, as XPath has it (section 5.7).
type markup struct {
	kind                            xpath.NodeType
	prefix, name                    string // of an element
	text                            string // of a text or a comment
	attributes                      []markupAttribute
	parent, first, last, prev, next *markup
}

type markupAttribute struct{ prefix, name, value string }

// append adds a child.
func (m *markup) append(child *markup) {
	child.parent, child.prev = m, m.last
	if m.last == nil {
		m.first = child
	} else {
		m.last.next = child
	}
	m.last = child
}

func (m *markup) appendText(text string) {
	if m.kind != xpath.RootNode && text != "" { // around the document's element there are but blanks
		m.append(&markup{kind: xpath.TextNode, text: text})
	}
}

// namespace gives what a prefix stands for (Namespaces in XML 1.0, section 6.1).
func (m *markup) namespace(prefix string) string {
	if prefix == "xml" {
		return "http://www.w3.org/XML/1998/namespace"
	}
	for ; m != nil; m = m.parent {
		for _, a := range m.attributes {
			if a.prefix == "xmlns" && a.name == prefix || prefix == "" && a.prefix == "" && a.name == "xmlns" {
				return a.value
			}
		}
	}
	return ""
}

// content is the texts below a node in order, without recursion; it stops when there is more of it than room.
func (m *markup) content(room int) string {
	if m.kind == xpath.TextNode || m.kind == xpath.CommentNode {
		return m.text
	}
	if m.first != nil && m.first == m.last && m.first.kind == xpath.TextNode {
		return m.first.text
	}
	var b strings.Builder
	for at := m.first; at != nil && b.Len() <= room; {
		if at.kind == xpath.TextNode {
			b.WriteString(at.text)
		}
		if at.first != nil {
			at = at.first
			continue
		}
		for at != m && at.next == nil {
			at = at.parent
		}
		if at == m {
			break
		}
		at = at.next
	}
	return b.String()
}

// parsedMarkup is the body after [Subject.document].
type parsedMarkup struct {
	done bool
	root *markup
	err  error
}

// maxMarkupDepth is how deep elements of XML may be nested; golang.org/x/net/html ends at 512. Most axes of XPath look at
// all that a node is in.
const maxMarkupDepth = 1000

// maxMarkup is how many brackets and equals signs a document may have: each may become a node or an attribute, which are
// many times as large.
const maxMarkup = 4_000_000

// tree is the body as XML or HTML, as its Content-Type says, or else as it looks.
func (s *Subject) tree() (*markup, error) {
	if !s.markup.done {
		s.markup.done = true
		s.markup.root, s.markup.err = s.parseMarkup()
	}
	return s.markup.root, s.markup.err
}

func (s *Subject) parseMarkup() (*markup, error) {
	text, err := s.decoded()
	if err != nil {
		return nil, err
	}
	text = strings.TrimPrefix(text, "\ufeff")
	contentType := s.exchange.Response.Header.Get("Content-Type")
	suffix := ""
	if contentType != "" {
		suffix = "; its Content-Type is " + quote(clip(contentType, 100))
	}
	if strings.Trim(text, " \t\r\n") == "" {
		return nil, errors.New("the body is empty, neither XML nor HTML" + suffix)
	}
	if strings.Count(text, "<")+strings.Count(text, "=") > maxMarkup {
		return nil, fmt.Errorf("the body has too much markup for xpath: more than %d tags and attributes", maxMarkup)
	}
	var root *markup
	switch dialect(contentType, text) {
	case "xml":
		root, err = parseXML(text)
	case "html":
		root, err = parseHTML(text)
	case "markup":
		// A fragment of HTML is seldom well-formed, and XML is seldom wrong.
		if root, err = parseXML(text); err != nil {
			root, err = parseHTML(text)
		}
	default:
		return nil, errors.New("the body is neither XML nor HTML" + suffix)
	}
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, suffix)
	}
	return root, nil
}

// dialect is "xml", "html", "markup" for what may be either, or "".
func dialect(contentType, text string) string {
	media, _, _ := mime.ParseMediaType(contentType)
	switch {
	case strings.HasSuffix(media, "+xml"), media == "application/xml", media == "text/xml":
		return "xml"
	case media == "text/html":
		return "html"
	}
	begin := strings.ToLower(strings.TrimLeft(text[:min(len(text), 4096)], " \t\r\n"))
	switch {
	case strings.HasPrefix(begin, "<?xml"):
		return "xml"
	case strings.HasPrefix(begin, "<!doctype html"), strings.HasPrefix(begin, "<html"):
		return "html"
	case strings.HasPrefix(begin, "<"):
		return "markup"
	}
	return ""
}

// An xmlReader builds the tree of a document from its tokens.
type xmlReader struct {
	decoder  *xml.Decoder
	root, at *markup
	depth    int
	run      strings.Builder // of text: CDATA sections and what stands between them come apart
}

// parseXML reads a document. There is no reading of anything else: a document type is passed over, so that of entities
// there are but the five of XML itself, and nothing is ever fetched or grows.
func parseXML(text string) (*markup, error) {
	root := &markup{kind: xpath.RootNode}
	r := &xmlReader{decoder: xml.NewDecoder(strings.NewReader(text)), root: root, at: root}
	// What the Content-Type said is decoded already; only if it said nothing does the declaration count.
	r.decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if utf8.ValidString(text) {
			return input, nil
		}
		return charset.NewReaderLabel(label, input)
	}
	why := r.read()
	switch {
	case why != "":
	case r.at != root:
		why = "<" + r.at.tag() + "> is never closed"
	case !root.hasElement():
		why = "there is no element"
	default:
		return root, nil
	}
	line, _ := r.decoder.InputPos()
	return nil, fmt.Errorf("the body is not XML: line %d: %s", line, why)
}

// read takes all tokens, and says why it cannot.
func (r *xmlReader) read() (why string) {
	for why == "" {
		// Raw tokens keep the prefixes as they are written, and leave it to us to see that elements are closed.
		token, err := r.decoder.RawToken()
		if err == io.EOF {
			return ""
		}
		if err != nil {
			if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
				return e.Msg
			}
			return err.Error()
		}
		why = r.take(token)
	}
	return why
}

func (r *xmlReader) take(token xml.Token) (why string) {
	if _, more := token.(xml.CharData); !more {
		r.at.appendText(r.run.String())
		r.run.Reset()
	}
	switch token := token.(type) {
	case xml.StartElement:
		return r.open(token)
	case xml.EndElement:
		if r.at == r.root || r.at.prefix != token.Name.Space || r.at.name != token.Name.Local {
			return "</" + (&markup{prefix: token.Name.Space, name: token.Name.Local}).tag() + "> closes nothing that is open"
		}
		r.at = r.at.parent
		r.depth--
	case xml.CharData:
		if r.at == r.root && strings.Trim(string(token), " \t\r\n") != "" {
			return "there is text outside of the element at the top"
		}
		r.run.Write(token)
	case xml.Comment:
		r.at.append(&markup{kind: xpath.CommentNode, text: string(token)})
	}
	return ""
}

func (r *xmlReader) open(token xml.StartElement) (why string) {
	if r.depth++; r.depth > maxMarkupDepth {
		return "nested deeper than " + strconv.Itoa(maxMarkupDepth)
	}
	if r.at == r.root && r.root.hasElement() {
		return "there is a second element at the top"
	}
	child := &markup{kind: xpath.ElementNode, prefix: token.Name.Space, name: token.Name.Local}
	for _, a := range token.Attr {
		child.attributes = append(child.attributes, markupAttribute{a.Name.Space, a.Name.Local, a.Value})
	}
	r.at.append(child)
	r.at = child
	return ""
}

// tag is an element's name with its prefix, for a message.
func (m *markup) tag() string {
	if m.prefix == "" {
		return clip(m.name, shown)
	}
	return clip(m.prefix+":"+m.name, shown)
}

func (m *markup) hasElement() bool {
	for c := m.first; c != nil; c = c.next {
		if c.kind == xpath.ElementNode {
			return true
		}
	}
	return false
}

// parseHTML reads a document as browsers do, who take anything; only what is nested deeper than 512 is refused.
func parseHTML(text string) (*markup, error) {
	document, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the body is not HTML: %s", strings.TrimPrefix(err.Error(), "html: "))
	}
	root := &markup{kind: xpath.RootNode}
	at := root
	for n := document.FirstChild; n != nil; {
		child := at.appendHTML(n)
		if n.FirstChild != nil && child != nil {
			n, at = n.FirstChild, child
			continue
		}
		for n.NextSibling == nil && n.Parent != document {
			n, at = n.Parent, at.parent
		}
		n = n.NextSibling
	}
	return root, nil
}

// appendHTML adds an element, a text or a comment; it gives the element.
func (m *markup) appendHTML(n *html.Node) *markup {
	switch n.Type {
	case html.TextNode:
		m.appendText(n.Data)
	case html.CommentNode:
		m.append(&markup{kind: xpath.CommentNode, text: n.Data})
	case html.ElementNode:
		child := &markup{kind: xpath.ElementNode, name: n.Data}
		for _, a := range n.Attr {
			child.attributes = append(child.attributes, markupAttribute{a.Namespace, a.Key, a.Val})
		}
		m.append(child)
		return child
	}
	return nil
}
