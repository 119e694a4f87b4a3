package auth

import (
	"strings"
)

// scope is region and service: those that were declared, or those that the host names.
func (s SigV4) scope(host string) (region, service string, err error) {
	region, service = s.Region, s.Service
	if region != "" && service != "" {
		return region, service, nil
	}
	hostRegion, hostService := awsHost(host)
	if region == "" {
		region = hostRegion
	}
	if service == "" {
		service = hostService
	}
	const hint = "only a host of amazonaws.com names it"
	switch {
	case region == "":
		return "", "", &FieldError{Key: "region", Message: "region is missing, and the host does not name one", Hint: hint}
	case service == "":
		return "", "", &FieldError{Key: "service", Message: "service is missing, and the host does not name one", Hint: hint}
	}
	return region, service, nil
}

// awsHost reads region and service from a host such as sqs.eu-west-1.amazonaws.com, bucket.s3.eu-west-1.amazonaws.com or
// search-x.eu-west-1.es.amazonaws.com ("AWS service endpoints", AWS General Reference). Both are empty where it is no host
// of AWS. A service with one endpoint for the world has the region us-east-1.
func awsHost(host string) (region, service string) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	global := "us-east-1"
	rest, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		if rest, ok = strings.CutSuffix(host, ".amazonaws.com.cn"); ok {
			global = "cn-north-1"
		} else if rest, ok = strings.CutSuffix(host, ".on.aws"); !ok {
			return "", ""
		}
	}
	labels := strings.Split(rest, ".")
	last := len(labels) - 1
	for i := last; i >= 0 && i >= last-1; i-- { // the region comes last, or last but one (es, aoss)
		before, legacy := strings.CutPrefix(labels[i], "s3-")
		if !isRegion(before) {
			continue
		}
		switch {
		case legacy:
			return before, "s3" // bucket.s3-eu-west-1
		case i < last:
			return before, signingName(labels[last:])
		case i == 0:
			return before, "" // no service before it
		}
		return before, signingName(labels[:i])
	}
	return global, signingName(labels)
}

// isRegion knows the form of a region: two letters or more, words, and a number, as in us-gov-west-1.
func isRegion(label string) bool {
	words := strings.Split(label, "-")
	last := len(words) - 1
	if last < 2 || len(words[0]) > 4 || len(words[0]) < 2 || len(words[last]) != 1 || words[last][0] < '0' || words[last][0] > '9' {
		return false
	}
	for _, w := range words[:last] {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return true
}

// signingName is the service of the labels before the region, under the name that is signed where that is another.
func signingName(labels []string) string {
	for len(labels) > 1 && (labels[len(labels)-1] == "dualstack" || labels[len(labels)-1] == "fips") {
		labels = labels[:len(labels)-1]
	}
	name := strings.TrimSuffix(labels[len(labels)-1], "-fips")
	switch {
	case name == "email":
		return "ses"
	case name == "lambda-url":
		return "lambda"
	case name == "s3-accesspoint", name == "s3-control":
		return "s3"
	case strings.HasPrefix(name, "bedrock-"):
		return "bedrock"
	case name == "queue":
		return "sqs" // its former host
	}
	return name
}
