# Build: no C compiler is needed; libsrt is opened at run time.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -o /flowdeck .

# Run: glibc with libsrt, and ffmpeg for reading streams.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg libsrt1.5-gnutls \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --no-create-home flowdeck \
 && install -d -o flowdeck -g flowdeck -m 0700 /data
COPY --from=build /flowdeck /usr/local/bin/flowdeck
COPY LICENSE /usr/share/doc/flowdeck/LICENSE
USER flowdeck
VOLUME /data
ENV FLOWDECK_DATA=/data \
    FLOWDECK_LOG_FORMAT=json
EXPOSE 8080 8081 20000-20999/udp
# The health check asks the dashboard that the run file in /data names.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["flowdeck", "doctor", "--alive"]
ENTRYPOINT ["flowdeck"]
CMD ["serve"]
