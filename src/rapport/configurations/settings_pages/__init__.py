"""Pages under Settings that are about what configurations can map: fields and touchpoints."""
