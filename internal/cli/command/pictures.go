package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cruddur"
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

// CheckedGallery is Gallery for a server. A store that refuses what a server must do there is ExitUsage; one that is
// away is only a warning, because everything else can be served.
func (p *Program) CheckedGallery(ctx context.Context, db *postgres.DB, log *slog.Logger) (*gallery.Gallery, error) {
	g, err := p.Gallery(ctx, db)
	if err != nil {
		return nil, err
	}
	err = g.Check(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
	case cruddur.KindOf(err) == cruddur.KindInvalid:
		return nil, Exit(ExitUsage, fmt.Errorf("CRUDDUR_PICTURES: %w", errors.Unwrap(err)))
	default:
		log.Warn("the place of the pictures (CRUDDUR_PICTURES) cannot be reached now: until it can, nobody can upload or see any", "error", err)
	}
	return g, nil
}
