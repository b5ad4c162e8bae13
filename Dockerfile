FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=docker
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/bin/gatehouse . \
    && ln -s gatehouse /out/bin/aap-gateway-manage \
    && ln -s gatehouse /out/bin/awx-manage \
    && mkdir -m 700 /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/bin/ /usr/local/bin/
COPY --from=build --chown=65532:65532 /out/data/ /data/
USER 65532:65532
WORKDIR /data
ENV GATEHOUSE_LISTEN=0.0.0.0:8080 \
    GATEHOUSE_DATABASE_URL=sqlite:/data/gatehouse.db \
    GATEHOUSE_SETUP_CODE_FILE=/data/setup-code
EXPOSE 8080
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["gatehouse", "check"]
ENTRYPOINT ["gatehouse"]
CMD ["serve"]
