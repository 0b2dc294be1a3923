# A small image: one static binary on an empty base, run by a user without rights.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X cruddur/internal/cli.version=${VERSION}" -o /cruddur ./cmd/cruddur

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /cruddur /cruddur
USER 65532:65532
# Within a container the loopback address reaches nobody.
ENV CRUDDUR_LISTEN=0.0.0.0:4567
# 443 and 80 with CRUDDUR_DOMAIN: set CRUDDUR_LISTEN=:443 then (compose.https.yaml does).
EXPOSE 4567 443 80
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["/cruddur", "health"]
ENTRYPOINT ["/cruddur"]
# There is no PostgreSQL in this image: CONNECTION_URL must name one.
CMD ["serve", "--migrate"]
