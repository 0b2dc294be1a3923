package command

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur/internal/gallery"
	"cruddur/internal/postgres"
	"cruddur/internal/s3store"
)

// Gallery returns what takes pictures in, with the store that CRUDDUR_PICTURES names.
func (p *Program) Gallery(ctx context.Context, db *postgres.DB) (*gallery.Gallery, error) {
	setting, err := p.Config.Text("CRUDDUR_PICTURES")
	if err != nil {
		return nil, err
	}
	if setting == "" {
		return gallery.New(db, db.PictureStore(), false), nil
	}
	place, err := s3store.ParsePlace(setting)
	if err != nil {
		return nil, Exit(ExitUsage, err)
	}
	endpoint, err := p.Config.Text("CRUDDUR_PICTURES_ENDPOINT")
	if err != nil {
		return nil, err
	}
	cfg, err := p.AWSConfig(ctx, "", "")
	if err != nil {
		return nil, err
	}
	if endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	if cfg.Region == "" {
		return nil, Exit(ExitUsage, errors.New("CRUDDUR_PICTURES is set, but no AWS region: set AWS_DEFAULT_REGION"))
	}
	return gallery.New(db, s3store.New(cfg, place), true), nil
}
