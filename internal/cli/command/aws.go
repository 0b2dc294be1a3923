package command

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
)

// AWSConfig returns the SDK's configuration: the environment and the flags of this process take precedence
// over AWS's shared files.
func (p *Program) AWSConfig(ctx context.Context, region, profile string) (aws.Config, error) {
	// The SDK's own log lines would mix with the command's output; the returned errors say enough.
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithLogger(logging.Nop{})}
	for _, r := range []string{region, p.Getenv("AWS_REGION"), p.Getenv("AWS_DEFAULT_REGION")} {
		if r != "" {
			options = append(options, awsconfig.WithRegion(r))
			break
		}
	}
	if profile == "" {
		profile = p.Getenv("AWS_PROFILE")
	}
	if profile != "" {
		options = append(options, awsconfig.WithSharedConfigProfile(profile))
	} else if key := p.Getenv("AWS_ACCESS_KEY_ID"); key != "" {
		options = append(options, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, p.Getenv("AWS_SECRET_ACCESS_KEY"), p.Getenv("AWS_SESSION_TOKEN"))))
	}
	if file := p.Getenv("AWS_CONFIG_FILE"); file != "" {
		options = append(options, awsconfig.WithSharedConfigFiles([]string{file}))
	}
	if file := p.Getenv("AWS_SHARED_CREDENTIALS_FILE"); file != "" {
		options = append(options, awsconfig.WithSharedCredentialsFiles([]string{file}))
	}
	if endpoint := p.Getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		options = append(options, awsconfig.WithBaseEndpoint(endpoint))
	}
	if p.Sleep != nil { // the tests' clock: no pause between attempts either
		options = append(options, awsconfig.WithRetryer(quickRetry))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, Exit(ExitUsage, fmt.Errorf("the AWS configuration cannot be read: %w", err))
	}
	return cfg, nil
}

// quickRetry is the SDK's retry policy without its pauses.
func quickRetry() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}
