package rds

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// prices are US dollars an hour for PostgreSQL, one zone, on demand, in us-east-1, from memory of AWS's price list,
// not read from AWS. They are meant to distinguish 15 dollars from 150, not to plan a budget.
var prices = map[string]float64{
	"db.t3.micro": 0.018, "db.t3.small": 0.036, "db.t3.medium": 0.072, "db.t3.large": 0.145,
	"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.t4g.large": 0.129, "db.t4g.xlarge": 0.258, "db.t4g.2xlarge": 0.517,
	"db.m6g.large": 0.159, "db.m7g.large": 0.168, "db.m7g.xlarge": 0.337, "db.m7g.2xlarge": 0.674, "db.m8g.large": 0.178, "db.m8g.xlarge": 0.356,
	"db.r6g.large": 0.225, "db.r7g.large": 0.239, "db.r7g.xlarge": 0.478, "db.r7g.2xlarge": 0.956, "db.r8g.large": 0.253, "db.r8g.xlarge": 0.505,
}

// dearer are the regions with prices well above those of us-east-1.
var dearer = []struct {
	prefix string
	factor float64
}{
	{"us-east", 1}, {"us-west-2", 1}, {"us-", 1.15}, {"ca-", 1.1}, {"eu-north", 1.05}, {"eu-", 1.15}, {"ap-south-1", 1.1}, {"ap-", 1.3}, {"sa-", 1.8}, {"", 1.2},
}

const (
	hoursPerMonth = 730
	gp3PerGiB     = 0.115 // a month
	secretCost    = 0.40
	publicIPv4    = 0.005 // an hour
)

// Cost is the rough price of a month in US dollars.
type Cost struct {
	Lines []CostLine `json:"lines"`
	Total float64    `json:"total_usd_per_month"`
	Known bool       `json:"known"` // false if the class is not in the table: Total then lacks the machine
}

// CostLine is one item of a Cost.
type CostLine struct {
	Item string  `json:"item"`
	USD  float64 `json:"usd_per_month"`
}

// Cost estimates the plan for a region.
func (p *Plan) Cost(region string) Cost {
	in := p.Input
	factor := 1.2
	for _, d := range dearer {
		if strings.HasPrefix(region, d.prefix) {
			factor = d.factor
			break
		}
	}
	zones, words := 1.0, ""
	if aws.ToBool(in.MultiAZ) {
		zones, words = 2, ", twice for the standby"
	}
	var c Cost
	add := func(item string, usd float64) {
		c.Lines = append(c.Lines, CostLine{item, usd})
		c.Total += usd
	}
	class := aws.ToString(in.DBInstanceClass)
	hourly, known := prices[class]
	c.Known = known
	if known {
		add(class+words, hourly*hoursPerMonth*zones*factor)
	} else {
		c.Lines = append(c.Lines, CostLine{class + words + ": not in the table, see AWS's price list", 0})
	}
	add(fmt.Sprintf("%d GiB %s%s", aws.ToInt32(in.AllocatedStorage), aws.ToString(in.StorageType), words), float64(aws.ToInt32(in.AllocatedStorage))*gp3PerGiB*zones*factor)
	if aws.ToBool(in.ManageMasterUserPassword) {
		add("secret of the master user", secretCost)
	}
	if aws.ToBool(in.PubliclyAccessible) {
		add("public IPv4 address", publicIPv4*hoursPerMonth)
	}
	return c
}
