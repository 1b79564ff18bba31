"""What whoever runs this Rollcall looks at: metrics, the same facts as JSON, and the page."""
