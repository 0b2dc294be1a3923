package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

// config is a configuration for the fake, without pauses between attempts.
func config(s *awsfake.Server) aws.Config {
	endpoint := ""
	if s != nil {
		endpoint = s.URL
	}
	return aws.Config{
		Region:       awsfake.Region,
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider(awsfake.AccessKey, awsfake.SecretKey, ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

// start returns a fake AWS and a client that shares its clock.
func start(t *testing.T) (*awsfake.Server, *rds.Client) {
	t.Helper()
	s := awsfake.New()
	t.Cleanup(s.Close)
	c := rds.New(config(s))
	c.Now, c.Sleep = s.Now, s.Sleep
	return s, c
}

// create makes an instance with the recommended profile and waits for it.
func create(t *testing.T, c *rds.Client, profile rds.Profile, set ...string) *rds.Instance {
	t.Helper()
	plan, err := rds.NewPlan(profile)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(set); i += 2 {
		if err := plan.Set(set[i], set[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Prepare(t.Context(), plan, rds.Network{}); err != nil {
		t.Fatal(err)
	}
	i, err := c.Create(t.Context(), plan, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), i.ID, "available", time.Hour, func(string) {}); err != nil {
		t.Fatal(err)
	}
	i, err = c.One(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// api is the SDK's own client, for what a test does behind the tool's back.
func api(s *awsfake.Server) *awsrds.Client { return awsrds.NewFromConfig(config(s)) }
