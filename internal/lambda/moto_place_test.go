package lambda_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur/internal/rds"
	"cruddur/internal/rds/ec2query"
)

// motoPlace is a database in moto, and the place of a function beside it that the database does not admit.
type motoPlace struct {
	url, resource      string
	subnets            []string
	database, function string // the security groups
	ec2                *ec2query.Client
}

func motoDatabase(t *testing.T, config aws.Config) *motoPlace {
	t.Helper()
	c, ec2 := rds.New(config), ec2query.New(config)
	plan, err := rds.NewPlan(rds.Dev)
	if err == nil {
		err = plan.Set("engine-version", "17")
	}
	if err == nil {
		err = c.Prepare(t.Context(), plan, rds.Network{})
	}
	var i *rds.Instance
	if err == nil {
		i, err = c.Create(t.Context(), plan, func(string) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &motoPlace{database: i.Groups[0], ec2: ec2}
	if p.url, err = i.ConnectionURL("iam", "cruddur_lambda", "cruddur"); err != nil {
		t.Fatal(err)
	}
	out, err := awsrds.NewFromConfig(config).DescribeDBInstances(t.Context(), &awsrds.DescribeDBInstancesInput{DBInstanceIdentifier: &i.ID})
	if err != nil {
		t.Fatal(err)
	}
	p.resource = *out.DBInstances[0].DbiResourceId
	p.subnets = slices.Sorted(slices.Values(plan.SubnetIDs))[:2]
	if p.function, err = ec2.CreateSecurityGroup(t.Context(), plan.VPC, "function", "function", nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// admit lets the function's VPC in.
func (p *motoPlace) admit(t *testing.T) {
	t.Helper()
	_, err := p.ec2.Authorize(t.Context(), ec2query.Rule{GroupID: p.database, Protocol: "tcp", FromPort: 15432, ToPort: 15432, CIDR: "172.31.0.0/16", Description: "vpc"}, false)
	if err != nil {
		t.Fatal(err)
	}
}
