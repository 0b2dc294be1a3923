package awscall

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// suffixes are the DNS suffixes of the partitions that do not end in amazonaws.com, by region prefix.
var suffixes = []struct{ prefix, suffix string }{
	{"cn-", "amazonaws.com.cn"},
	{"eusc-", "amazonaws.eu"},
	{"us-isob-", "sc2s.sgov.gov"},
	{"us-iso-", "c2s.ic.gov"},
}

// endpoint returns the address of a service and the region that its requests are signed for.
func (c *Client) endpoint(service string) (base, region string, err error) {
	region = c.cfg.Region
	if service == "organizations" { // one endpoint for the whole partition
		region = "us-east-1"
	}
	if c.cfg.BaseEndpoint != nil && *c.cfg.BaseEndpoint != "" {
		if region == "" {
			region = "us-east-1"
		}
		return *c.cfg.BaseEndpoint, region, nil
	}
	if region == "" {
		return "", "", &aws.MissingRegionError{}
	}
	suffix := "amazonaws.com"
	for _, s := range suffixes {
		if strings.HasPrefix(region, s.prefix) {
			suffix = s.suffix
			break
		}
	}
	return "https://" + service + "." + region + "." + suffix, region, nil
}
