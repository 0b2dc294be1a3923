// Package rds creates, maintains, audits and gives access to a PostgreSQL database on Amazon RDS.
//
// It must not print, ask or read flags and the environment (that is internal/cli), must not open database connections
// (it provides [Credentials] and the certificates to trust), and must not put a password, token or connection string
// into an error, a plan or a log.
package rds

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cruddur"
	"cruddur/internal/rds/awscall"
	"cruddur/internal/rds/ec2query"
)

// Client is one account and region of AWS.
type Client struct {
	cfg     aws.Config
	rds     *rds.Client
	ec2     *ec2query.Client
	sts     *sts.Client
	secrets *secretsmanager.Client
	call    *awscall.Client

	// Now and Sleep are the clock; tests replace them. Sleep returns early with ctx's error.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// New returns a client that uses cfg's credentials, region, endpoint and retry rules.
func New(cfg aws.Config) *Client {
	return &Client{
		cfg:     cfg,
		rds:     rds.NewFromConfig(cfg),
		ec2:     ec2query.New(cfg),
		sts:     sts.NewFromConfig(cfg),
		secrets: secretsmanager.NewFromConfig(cfg),
		call:    awscall.New(cfg),
		Now:     time.Now,
		Sleep:   sleep,
	}
}

// Region is the region that every call goes to.
func (c *Client) Region() string { return c.cfg.Region }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Account returns the account number and the ARN of the credentials' owner.
func (c *Client) Account(ctx context.Context) (account, arn string, err error) {
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", "", explain("who am I", err)
	}
	return aws.ToString(out.Account), aws.ToString(out.Arn), nil
}

// instance reads one instance by its name; an unknown name is a KindNotFound [Problem]. It also refuses an instance
// of another engine, because every command with an instance name calls it.
func (c *Client) instance(ctx context.Context, id string) (*types.DBInstance, error) {
	out, err := c.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
	if err != nil {
		return nil, explain("read instance "+id, err)
	}
	if len(out.DBInstances) == 0 {
		return nil, &Problem{
			What: "read instance " + id + ": AWS sent an empty answer",
			Why:  "no database instance of this name is in " + c.cfg.Region,
			Next: "cruddur rds status", Kind: cruddur.KindNotFound,
		}
	}
	if err := refuseEngine(&out.DBInstances[0]); err != nil {
		return nil, err
	}
	return &out.DBInstances[0], nil
}

// instances reads every PostgreSQL instance of the region; other engines are ignored.
func (c *Client) instances(ctx context.Context) ([]types.DBInstance, error) {
	all, err := c.everyInstance(ctx)
	return onlyPostgres(all), err
}

// everyInstance reads every instance of the region, of any engine.
func (c *Client) everyInstance(ctx context.Context) ([]types.DBInstance, error) {
	var all []types.DBInstance
	pages := rds.NewDescribeDBInstancesPaginator(c.rds, &rds.DescribeDBInstancesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list instances", err)
		}
		all = append(all, page.DBInstances...)
	}
	return all, nil
}
