package report

// The colours of a terminal, as few as can be: a verdict is seen from afar, all else is plain.
const (
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

// paint appends text in a colour, if there is to be colour.
func paint(line []byte, on bool, color, text string) []byte {
	if !on || color == "" {
		return append(line, text...)
	}
	line = append(line, color...)
	line = append(line, text...)
	return append(line, reset...)
}
