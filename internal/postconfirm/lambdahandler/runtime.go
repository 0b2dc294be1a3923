package lambdahandler

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
)

// Serve asks the Lambda Runtime API (at $AWS_LAMBDA_RUNTIME_API, which aws-lambda-go reads itself) for events until
// ctx ends. If the connection to the Runtime API is lost, the process ends, as AWS recommends: Lambda then starts
// another one.
func Serve(ctx context.Context, h *Handler) {
	log.SetFlags(0) // aws-lambda-go logs the JSON of an error, and a time before it would break the line
	go lambda.StartWithOptions(h, lambda.WithContext(context.WithoutCancel(ctx)))
	<-ctx.Done()
}
